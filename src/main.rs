//! The program: everything is in the library, so that tests and the demo can run it too.

/// A tenth of the daemon's work is taking and giving back memory, and this one takes half as long as most.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    askfirst::cli::main()
}
