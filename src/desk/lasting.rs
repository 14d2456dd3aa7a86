//! A thread beside the desk that stays for as long as the desk: what its work takes up for a thread (memory of the
//! allocator, of patterns) is taken up once, and not anew for each batch.
//!
//! Never fails: without it the desk does the work itself.

use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

pub(super) struct Lasting<J> {
    jobs: Sender<J>,
    thread: JoinHandle<()>,
}

impl<J: Send + 'static> Lasting<J> {
    /// The one that is there, or a new one; `octets` of stack. None: there is no thread to be had.
    pub(super) fn at<'a>(
        place: &'a mut Option<Lasting<J>>,
        (name, octets): (&str, usize),
        work: fn(J),
    ) -> Option<&'a Lasting<J>> {
        // One that has ended takes no more jobs.
        if place.as_ref().is_none_or(|at| at.thread.is_finished()) {
            let (jobs, given) = channel::<J>();
            let thread = Builder::new().name(name.to_owned()).stack_size(octets);
            *place = thread
                .spawn(move || given.into_iter().for_each(work))
                .inspect_err(|error| {
                    tracing::warn!("the desk does the work of its {name}: {error}")
                })
                .map(|thread| Lasting { jobs, thread })
                .ok();
        }
        place.as_ref()
    }

    /// Where the work is given.
    pub(super) fn jobs(&self) -> Sender<J> {
        self.jobs.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_does_all_the_work_until_it_ends_and_then_another() {
        type Job = Option<Sender<std::thread::ThreadId>>;
        fn work(job: Job) {
            let done = job.expect("to end the thread");
            done.send(std::thread::current().id()).unwrap();
        }
        let mut place = None;
        let ask = |place: &mut Option<Lasting<Job>>| {
            let (done, id) = channel();
            let helper = Lasting::at(place, ("helper", 1 << 20), work).unwrap();
            helper.jobs().send(Some(done)).unwrap();
            id.recv().unwrap()
        };
        let first = ask(&mut place);
        assert_eq!(ask(&mut place), first);
        place.as_ref().unwrap().jobs().send(None).unwrap();
        while !place.as_ref().unwrap().thread.is_finished() {
            std::thread::yield_now();
        }
        assert_ne!(ask(&mut place), first);
    }
}
