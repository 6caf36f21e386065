import Foundation
import PinionTestSupport
import Testing

/// Programs whose parent process has closed the standard streams, as some servers do: files would
/// have the numbers of the streams, and receive what is printed.
@Suite(.timeLimit(.minutes(10))) struct ClosedStreamTests {
  @Test(arguments: ["<&- >&- 2>&-", ">&- 2>&-", "2>&-", ">&-"])
  func filesHaveNoMessages(closing: String) throws {
    let folder = try TemporaryFolder()
    try Garments.write(to: folder.url)
    // Validation images of few classes give a warning.
    let ending = try BuiltProgram.run(
      URL(filePath: "/bin/sh"),
      ["-c", "exec \"$0\" \"$@\" \(closing)", BuiltProgram.file("fashion-mnist").path]
        + ["--data", ".", "--output", "run", "--model", "mlp", "--limit", "100", "--epochs", "2"]
        + ["--validation-split", "0.02"],
      in: folder.url)
    #expect(ending.reason == .exit && ending.status == 0)
    let history = String(decoding: try #require(folder.bytes("run/history.csv")), as: UTF8.self)
    let lines = history.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 4 && lines.last == "", "\(history)")
    #expect(lines.first == "epoch,accuracy,loss,val_accuracy,val_loss")
    #expect(!history.contains("pinion:"), "\(history)")
  }
}
