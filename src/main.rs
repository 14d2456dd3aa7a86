//! The program: everything is in the library, so that tests and the demo can run it too.

fn main() -> std::process::ExitCode {
    askfirst::cli::main()
}
