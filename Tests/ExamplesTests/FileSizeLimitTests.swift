import Foundation
import PinionTestSupport
import Testing

/// Programs under a limit of the size of files (`ulimit -f`), whose signal would end them silently.
@Suite(.timeLimit(.minutes(10))) struct FileSizeLimitTests {
  @Test func tooLargeFilesAreErrors() throws {
    let folder = try TemporaryFolder()
    try Garments.write(to: folder.url)
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.currentDirectoryURL = folder.url
    // A test process may run with the signal ignored, which its children would inherit.
    process.arguments =
      ["-c", #"ulimit -f 8 && exec env --default-signal=XFSZ "$0" "$@""#]
      + [
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
          .appending(path: "fashion-mnist").path, "--data", ".", "--output", "run",
      ] + ["--model", "mlp", "--limit", "100", "--epochs", "1"]
    let errors = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 1)
    #expect(text.contains("run/checkpoint.safetensors: writing: "), "\(text)")
    #expect(text.contains("File too large"), "\(text)")
    #expect(folder.bytes("run/checkpoint.safetensors") == nil)
  }
}
