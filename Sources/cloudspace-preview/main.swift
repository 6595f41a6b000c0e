import Glibc

exit(PreviewProgram.run(CommandLine.arguments))
