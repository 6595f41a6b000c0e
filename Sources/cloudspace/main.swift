import Glibc

// The main thread only waits for signals; the program runs beside it, away from the main actor. (Swift's own
// asynchronous main would let the main thread take signals that the others leave alone.)
let arguments = CommandLine.arguments
if let command = arguments.dropFirst().first, [ServeCommand.name, MigrateCommand.name].contains(command) {
    StopSignals.block()
    Task.detached { exit(await Program.run(arguments)) }
    StopSignals.shared.listen()
} else {
    Task.detached { exit(await Program.run(arguments)) }
    while true { pause() }
}
