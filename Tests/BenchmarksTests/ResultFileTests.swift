import Foundation
import PinionTestSupport
import Testing

/// Programs that measure for long refuse files of results that cannot be written before they do.
@Suite(.timeLimit(.minutes(10))) struct ResultFileTests {
  @Test(arguments: [
    ("layer-benchmark", ["--layers", "GlobalAveragePooling2D", "--repetitions", "1"], "--json"),
    ("train-benchmark", ["table", "--networks", "fashion-mnist-mlp", "--images", "25"], "--json"),
    ("train-benchmark", ["scale"], "--json"),
    (
      "train-benchmark",
      ["check", "--write", "--networks", "fashion-mnist-mlp", "--layers", "Flatten"], "--baseline"
    ),
  ])
  func filesAreCheckedFirst(program: String, arguments: [String], option: String) throws {
    let folder = try TemporaryFolder()
    for (name, part) in [
      ("", "\(option) must not be empty"), ("missing/a.json", "missing/a.json: creating a file"),
      (".", "expected a regular file or none, found a directory"),
    ] {
      let (output, errors) = (Pipe(), Pipe())
      let process = Process()
      process.executableURL = BuiltProgram.file(program)
      process.currentDirectoryURL = folder.url
      process.arguments = arguments + ["--seconds", "0.001", option, name]
      process.standardOutput = output
      process.standardError = errors
      try process.run()
      let printed = output.fileHandleForReading.readDataToEndOfFile()
      let message = String(
        decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus != 0)
      #expect(message.contains(part), "\(option) \(name): \(message)")
      #expect(printed.isEmpty)
    }
    #expect(folder.contents.isEmpty)
  }
}
