import Glibc

// Everything else lives in other files: what is written here belongs to the main actor, and callbacks from other
// threads must not.
if CommandLine.arguments.dropFirst().first == ServeCommand.name { StopSignals.block() }
exit(await Program.run(CommandLine.arguments))
