import Foundation
import Testing

@testable import CommandArguments
@testable import ExampleSupport

/// Errors of programs: one line with the reason, before any work.
@Suite(.timeLimit(.minutes(10))) final class CommandLineTests {
  private static let programs = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()

  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "pinion-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Starts a program; its output goes to the first pipe, or to `sink`.
  private func start(
    _ program: String, _ arguments: [String], sink: FileHandle? = nil
  ) throws -> (Process, Pipe, Pipe) {
    let process = Process()
    process.executableURL = Self.programs.appending(path: program)
    process.currentDirectoryURL = folder
    process.arguments = arguments
    let (output, errors) = (Pipe(), Pipe())
    if let sink { process.standardOutput = sink } else { process.standardOutput = output }
    process.standardError = errors
    try process.run()
    return (process, output, errors)
  }

  /// The error message of a failing program.
  private func message(
    _ program: String, _ arguments: [String], sink: FileHandle? = nil
  ) throws -> String {
    let (process, _, errors) = try start(program, arguments, sink: sink)
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit, "\(arguments)")
    #expect(process.terminationStatus != 0, "\(arguments)")
    for dump in ["Error Domain", "NSCocoa", "UserInfo", "Swift.DecodingError", "Fatal error"] {
      #expect(!text.contains(dump), "\(arguments): \(text)")
    }
    return text
  }

  @Test func outOfRangeValuesAreRefused() throws {
    let largest = "9223372036854775807"
    let cases: [(arguments: [String], part: String)] = [
      (["--learning-rate", "-0.1"], "--learning-rate must be positive"),
      (["--learning-rate", "1e-60"], "--learning-rate must be positive"),
      (["--learning-rate", "1e60"], "--learning-rate must be positive"),
      (["--learning-rate", "nan"], "--learning-rate must be positive"),
      (["--validation-split", "1"], "--validation-split must be at least 0 and below 1, not 1.0"),
      (
        ["--validation-split", "-1"], "--validation-split must be at least 0 and below 1, not -1.0"
      ),
      (["--validation-split", "nan"], "--validation-split must be at least 0 and below 1"),
      (["--batch-size", largest], "--batch-size must be from 1 to 100000, not \(largest)"),
      (["--batch-size", "-5"], "--batch-size must be from 1 to 100000, not -5"),
      (["--batch-size", largest + "0"], "'\(largest)0' is invalid for '--batch-size"),
      (["--epochs", "-1"], "--epochs must be at least 1, not -1"),
      (["--threads", largest], "--threads must be from 1 to "),
      (["--checkpoint-every", "-1"], "--checkpoint-every must be at least 1"),
      (["--limit", "-9223372036854775808"], "--limit must be at least 2"),
      (["--warm-up", "-1"], "--warm-up must be from 0 to 1000000, not -1"),
      (["--weight-decay", "-1"], "--weight-decay must be at least 0 and finite"),
      (["--weight-decay", "1e60"], "--weight-decay must be at least 0 and finite"),
      (["--averaging", "1"], "--averaging must be at least 0 and below 1, not 1.0"),
      (["--label-smoothing", "nan"], "--label-smoothing must be at least 0 and below 1"),
      (["--dropout", "-0.5"], "--dropout must be at least 0 and below 1, not -0.5"),
      (["--dense-dropout", "1"], "--dense-dropout must be at least 0 and below 1, not 1.0"),
      (["--patience", "-1"], "--patience must be at least 0"),
      (["--output", ""], "--output must not be empty"),
      (["--json", ""], "--json must not be empty"),
      (["--data", ""], "--data must not be empty"),
      (["--directory", ""], "--directory must not be empty"),
      (["--augment", "none", "--augment", "flip"], "--augment none must be alone"),
      (["--augment", "flip", "--augment", "none"], "--augment none must be alone"),
      (["--seed", "-1"], "'-1' is invalid for '--seed"),
      (["--evaluate", ""], "--evaluate must not be empty"),
      (["--evaluate", "w", "--resume"], "--evaluate trains nothing"),
    ]
    for (arguments, part) in cases {
      let message = try message("fashion-mnist", arguments)
      #expect(message.contains(part), "\(arguments): \(message)")
    }
  }

  @Test func compoundArgumentsHaveSpecificErrors() throws {
    let cases: [(option: String, argument: String, part: String)] = [
      ("--schedule", "step=0:0.1", "EPOCHS must be an integer from 1 to 1000000000, not '0'"),
      ("--schedule", "step=2:x", "FACTOR must be a positive number, not 'x'"),
      ("--schedule", "step=2", "expected step=EPOCHS:FACTOR"),
      ("--schedule", "restarts=9223372036854775807", "EPOCHS must be an integer"),
      ("--schedule", "fast", "expected one of constant, cosine, linear, restarts"),
      ("--schedule", "cosine=3", "expected cosine, found 1 value(s)"),
      ("--augment", "rotation=abc", "DEGREES must be a number, not 'abc'"),
      ("--augment", "rotation", "expected rotation=DEGREES, found no number"),
      ("--augment", "crop=1.5", "PIXELS must be an integer"),
      ("--augment", "cutout=-1", "PIXELS must be an integer"),
      ("--augment", "blur=1", "expected one of flip, rotation, zoom"),
    ]
    for (option, argument, part) in cases {
      let message = try message("fashion-mnist", [option, argument])
      #expect(message.contains("The value '\(argument)' is invalid for '\(option)"), "\(message)")
      #expect(message.contains(part), "\(argument): \(message)")
    }
  }

  /// Writes a file of results, `SEED.json`.
  private func writeResults(seed: Int, accuracy: Double, loss: String) throws {
    try """
    {"dataset": "cifar10", "model": "cnn", "seed": \(seed), "parameters": {"total": 1234},
     "test": {"loss": \(loss), "accuracy": \(accuracy)}, "history": {"loss": [2, 1.5]},
     "trainSeconds": 90}
    """.write(to: folder.appending(path: "\(seed).json"), atomically: true, encoding: .utf8)
  }

  @Test func resultsOfSeedsAreSummarized() throws {
    try writeResults(seed: 1, accuracy: 0.5, loss: "1.75")
    try writeResults(seed: 0, accuracy: 0.75, loss: "1.25")
    let (process, output, _) = try start("pinion-report", ["table", "1.json", "0.json"])
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(
      text.split(separator: "\n").last
        == "| cifar10 cnn | 1,234 | 0, 1 | 0.6250 ± 0.1768 | 1.5000 ± 0.3536 | 2, 2 | 1.5, 1.5 |")
    for (loss, place) in [("\"a\"", "test.loss"), ("[]", "test.loss"), ("", "the document")] {
      try writeResults(seed: 2, accuracy: 0.5, loss: loss)
      let message = try message("pinion-report", ["table", "2.json"])
      #expect(message.contains("2.json is not a file of results: \(place): "), "\(message)")
    }
  }

  /// As the examples write them.
  @Test(arguments: [("NaN", "nan"), ("Infinity", "inf"), ("-Infinity", "-inf")])
  func resultsNeedNotBeFinite(loss: String, text: String) throws {
    try writeResults(seed: 0, accuracy: 0.5, loss: "\"\(loss)\"")
    let (process, output, _) = try start("pinion-report", ["table", "0.json"])
    let table = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(table.hasSuffix("| cifar10 cnn | 1,234 | 0 | 0.5000 | \(text) | 2 | 1.5 |\n"))
  }

  @Test func filesOfResultsAreRegularFiles() throws {
    #expect(mkfifo(folder.appending(path: "pipe").path, 0o600) == 0)
    for (path, found) in [
      (".", "a directory"), ("pipe", "a special file"), ("/dev/zero", "a special file"),
      ("absent.json", "No such file or directory"),
    ] {
      let message = try message("pinion-report", ["table", path])
      #expect(message.contains("found \(found)"), "\(path): \(message)")
    }
  }

  @Test func lostOutputIsAnError() throws {
    try writeResults(seed: 0, accuracy: 0.75, loss: "1.25")
    for (program, arguments) in [
      ("pinion-report", ["table", "0.json"]), ("pinion-report", ["--help"]),
      ("fashion-mnist", ["--summary"]),
    ] {
      let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
      let message = try message(program, arguments, sink: full)
      #expect(message.contains("standard output: writing"), "\(arguments): \(message)")
    }
  }

  /// Whether the program is told by a signal, as is usual, or by an error.
  @Test(arguments: [false, true]) func closedPipeIsNoError(ignoresSignal: Bool) throws {
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    let program = Self.programs.appending(path: "fashion-mnist").path
    shell.arguments = [
      "-c", "\(ignoresSignal ? "trap '' PIPE; " : "")exec \"$0\" --summary", program,
    ]
    shell.standardOutput = pipe.fileHandleForWriting
    let errors = Pipe()
    shell.standardError = errors
    try shell.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    shell.waitUntilExit()
    #expect(text.isEmpty, "\(text)")
    let isKilled = shell.terminationReason == .uncaughtSignal
    #expect(shell.terminationStatus == (isKilled ? SIGPIPE : 0))
    #expect(!(ignoresSignal && isKilled))
  }

  @Test func escapeSequencesAreEscaped() throws {
    for arguments in [
      ["--\u{1b}[2J"], ["--epochs", "\u{1b}[31m"], ["--schedule", "\u{9b}31m\u{202e}"],
      ["--data", folder.path + "/\u{1b}]0;x\u{7}"],
    ] {
      let message = try message("fashion-mnist", arguments)
      let obeyed = message.unicodeScalars.filter {
        $0 != "\n" && ($0.properties.generalCategory == .control || $0 == "\u{202e}")
      }
      #expect(obeyed.isEmpty, "\(message)")
      #expect(message.contains("\\u{"))
    }
  }

  @Test func invalidReportFoldersAreRefused() throws {
    try "text".write(
      to: folder.appending(path: "file"), atomically: true, encoding: .utf8)
    try "{}".write(
      to: folder.appending(path: "report.json"), atomically: true, encoding: .utf8)
    for (path, part) in [
      ("absent", "No such file or directory"), ("file", "Not a directory"),
      (".", "expected a value, found nothing"),
    ] {
      let message = try message("pinion-report", ["compare", path])
      #expect(message.contains(part), "\(message)")
    }
  }

  @Test func emptyNameOfAPageIsRefused() throws {
    let message = try message("pinion-report", ["compare", ".", "--output", ""])
    #expect(message.contains("--output must not be empty"), "\(message)")
  }

  @Test func negativeNumbersAreOptionValues() {
    #expect(
      Program.joined(["--rate", "-0.1", "--flag", "-x", "--", "-2", "--rate=3", "-4", "-5"])
        == ["--rate=-0.1", "--flag", "-x", "--", "-2", "--rate=3", "-4", "-5"])
  }

  /// A run whose output is a pipe, which is not flushed automatically, is interrupted twice.
  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func secondSignalKeepsOutput(signal: Int32) throws {
    try Garments.write(to: folder)
    let (process, output, _) = try start(
      "fashion-mnist",
      [
        "--data", folder.path, "--output", "run", "--model", "mlp", "--limit", "600", "--epochs",
        "1000000", "--patience", "1000000", "--batch-size", "40",
      ])
    /// Reads until `part` has arrived; without an interruption the run would not end.
    func read(until part: String) -> String {
      var text = ""
      var total = 0
      while !text.contains(part), total < 5_000_000 {
        let data = output.fileHandleForReading.availableData
        guard !data.isEmpty else { break }
        total += data.count
        text = text.suffix(200) + String(decoding: data, as: UTF8.self)
      }
      return text
    }
    #expect(read(until: "Epoch 2/").contains("Epoch 2/"))
    kill(process.processIdentifier, signal)
    let message = "Interrupted. Weights saved to"
    let text = read(until: message)
    kill(process.processIdentifier, text.contains(message) ? signal : SIGKILL)
    process.waitUntilExit()
    #expect(text.contains(message))
    #expect([signal, 128 + signal].contains(process.terminationStatus))
  }

  @Test func runCanBeInterruptedAndRunWithoutValidation() throws {
    try Garments.write(to: folder)
    let (process, output, _) = try start(
      "fashion-mnist",
      [
        "--data", folder.path, "--output", "run", "--model", "mlp", "--limit", "600", "--epochs",
        "2", "--validation-split", "0", "--schedule", "cosine",
      ])
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(text.contains("Training on 600 images, validating on 0"))
    let last = try #require(text.split(separator: "\n").last)
    #expect(
      last.wholeMatch(of: try Regex("Test loss: [0-9.]{1,8} Test accuracy: 0\\.[0-9]{4}")) != nil,
      "\(last)")
    let page = try String(contentsOf: folder.appending(path: "run/index.html"), encoding: .utf8)
    #expect(page.contains("--validation-split 0 --schedule cosine"))
    #expect(!page.contains("the best on"))
    let message = try message(
      "fashion-mnist",
      [
        "--data", folder.path, "--output", "run", "--model", "mlp", "--limit", "600", "--epochs",
        "4", "--validation-split", "0", "--schedule", "cosine", "--resume",
      ])
    #expect(
      message.contains(
        "expected the optimizer, base, learning rate, decay steps: 24, as in this run"),
      "\(message)")
    #expect(message.contains("found the optimizer, base, learning rate, decay steps: 12"))
    #expect(!message.contains("{"))
  }
}
