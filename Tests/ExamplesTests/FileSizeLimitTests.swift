import Foundation
import PinionTestSupport
import Testing

/// Programs under a limit of the size of files (`ulimit -f`), whose signal would end them silently.
@Suite(.timeLimit(.minutes(10))) struct FileSizeLimitTests {
  @Test func tooLargeFilesAreErrors() throws {
    let folder = try TemporaryFolder()
    try Garments.write(to: folder.url)
    // A test process may run with the signal ignored, which its children would inherit.
    let limited = #"ulimit -f 8 && exec env --default-signal=XFSZ "$0" "$@""#
    let ending = try BuiltProgram.run(
      URL(filePath: "/bin/sh"),
      ["-c", limited, BuiltProgram.file("fashion-mnist").path]
        + ["--data", ".", "--output", "run", "--model", "mlp", "--limit", "100", "--epochs", "1"],
      in: folder.url)
    let text = ending.message
    #expect(ending.reason == .exit)
    #expect(ending.status == 1)
    #expect(text.contains("run/checkpoint.safetensors: writing: "), "\(text)")
    #expect(text.contains("File too large"), "\(text)")
    #expect(folder.bytes("run/checkpoint.safetensors") == nil)
  }
}
