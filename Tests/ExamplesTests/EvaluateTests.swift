import Foundation
import Pinion
import PinionTensor
import Testing

/// `--evaluate` gives the figures of the run that saved the weights.
@Suite(.timeLimit(.minutes(10))) final class EvaluateTests {
  private struct Results: Decodable, Equatable {
    let dataset, datasetSHA256, model, weightsSHA256: String
    let test: [String: Double]
    let parameters: [String: Int]
  }

  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "pinion-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Garments.write(to: folder)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The exit status, standard output and standard error of the program in the folder.
  private func run(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String)
  {
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "fashion-mnist")
    process.currentDirectoryURL = folder
    process.arguments = ["--data", folder.path] + arguments
    let files = ["output", "errors"].map { folder.appending(path: $0) }
    for file in files { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    process.waitUntilExit()
    let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    return (process.terminationStatus, texts[0], texts[1])
  }

  private func results(_ name: String) throws -> Results {
    try JSONDecoder().decode(
      Results.self, from: Data(contentsOf: folder.appending(path: name)))
  }

  @Test func repeatsTheFigures() throws {
    for changes in [
      [], ["--standardize"],
      [
        "--test-views", "shifted", "--label-smoothing", "0.3", "--weight-decay", "0.01",
        "--warm-up", "1",
      ],
    ] {
      let options = ["--model", "mlp", "--limit", "600"] + changes
      let training = try run(
        options + ["--epochs", "1", "--output", "run", "--json", "trained.json"])
      #expect(training.status == 0, "\(training.errors)")
      let evaluation = try run(
        options + ["--evaluate", "run/weights.safetensors", "--json", "evaluated.json"])
      #expect(evaluation.status == 0, "\(evaluation.errors)")
      #expect(try results("evaluated.json") == results("trained.json"))
      let line = "\(training.output.split(separator: "\n").last ?? "none")"
      #expect(line.hasPrefix("Test loss: ") && evaluation.output.hasSuffix("\n\(line)\n"))
      #expect(evaluation.output.contains("weighted avg"))
      try FileManager.default.removeItem(at: folder.appending(path: "run"))
    }
  }

  /// Test figures are a cross-entropy without label smoothing, of the mean of two views.
  @Test func figuresOfMirrorImages() throws {
    let training = try run([
      "--model", "mlp", "--limit", "600", "--epochs", "2", "--output", "run", "--json",
      "trained.json", "--test-views", "flipped", "--label-smoothing", "0.3",
    ])
    #expect(training.status == 0, "\(training.errors)")
    let test = try FashionMNIST.load(from: folder).test
    let network = try Network(contentsOf: folder.appending(path: "run/weights.safetensors"))
    let pixels = AlignedBuffer(count: test.count * 784)
    for index in 0..<test.count {
      test.copyInput(at: index, into: pixels.view[index * 784..<(index + 1) * 784])
    }
    let images = Tensor(copying: pixels.view, shape: [test.count, 28, 28, 1])
    let mirrored = images[0..., 0..., AxisSlice(by: -1), 0...]
    let predictor = try Predictor(network)
    let sums = try (predictor.predict(images) + predictor.predict(mirrored)).elements
    var (loss, correct) = (0.0, 0)
    for (index, label) in test.labels.enumerated() {
      let classes = sums[index * 10..<(index + 1) * 10]
      loss -= log(Double(classes[classes.startIndex + label] / 2))
      if classes.max() == classes[classes.startIndex + label] { correct += 1 }
    }
    let found = try results("trained.json").test
    #expect(abs(try #require(found["loss"]) / (loss / 10_000) - 1) < 1e-5)
    #expect(abs(try #require(found["accuracy"]) - Double(correct) / 10_000) < 0.0003)
  }

  @Test func otherFilesAreRefused() throws {
    let training = try run(
      ["--model", "mlp", "--limit", "600", "--epochs", "1", "--output", "run"])
    #expect(training.status == 0, "\(training.errors)")
    try Data("text".utf8).write(to: folder.appending(path: "text"))
    for (arguments, part) in [
      (["--model", "cnn", "--evaluate", "run/weights.safetensors"], "run/weights.safetensors"),
      (["--model", "mlp", "--evaluate", "text"], "text"),
      (["--model", "mlp", "--evaluate", "absent"], "No such file"),
    ] {
      let (status, _, errors) = try run(arguments)
      #expect(status != 0 && errors.contains(part), "\(arguments): \(errors)")
      #expect(!errors.contains("Fatal error"), "\(errors)")
    }
  }
}
