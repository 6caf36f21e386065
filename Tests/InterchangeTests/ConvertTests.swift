import Foundation
import Pinion
import PinionInterchange
import PinionTestSupport
import Testing

/// The program `pinion-convert`.
@Suite struct ConvertTests {
  /// The program, next to the tests' executable.
  private static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "pinion-convert")

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What the program prints, and its exit status.
  private func run(_ arguments: String...) throws -> (text: String, status: Int32) {
    let process = Process()
    process.executableURL = Self.program
    process.arguments = arguments.map { argument in
      argument.hasPrefix("-") ? argument : folder.url.appending(path: argument).path
    }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (String(decoding: data, as: UTF8.self), process.terminationStatus)
  }

  @Test func networksAndWeightsAroundAllFormats() throws {
    let network = Network(
      try Sequential(input: [6, 6, 2]) {
        Conv2D(3, kernel: 3, activation: .relu)
        Dropout(0.5)
        Flatten()
        Dense(2, name: "logits")
      }, seed: 1)
    try network.save(to: folder.url.appending(path: "a.safetensors"))
    let first = try run("a.safetensors", "b.onnx", "--check")
    #expect(first.status == 0, "\(first.text)")
    #expect(first.text.contains("left out: of training alone"))
    #expect(first.text.contains("Pinion, read again: output logits differs by "))
    // Without the dropout, which the file of ONNX does not have.
    let second = try run("b.onnx", "c.safetensors", "--check")
    #expect(second.status == 0, "\(second.text)")
    let names = ["c.safetensors", "d.weights.h5", "e.npz", "f.safetensors"]
    for (input, output) in zip(names, names.dropFirst()) {
      let step =
        input == "c.safetensors"
        ? try run(input, output, "--check")
        : try run(input, output, "--check", "--network=\(folder.url.path)/c.safetensors")
      #expect(step.status == 0, "\(step.text)")
    }
    let keras = try run("f.safetensors", "g.keras", "--check")
    #expect(keras.status == 0 && keras.text.contains("a layer of Keras"), "\(keras.text)")
    let back = try run("g.keras", "h.safetensors", "--check")
    #expect(back.status == 0, "\(back.text)")
    let copy = try Network(contentsOf: folder.url.appending(path: "h.safetensors"))
    #expect(copy.weights["logits/kernel"]?.array == network.weights["logits/kernel"]?.array)
    let last = try Network(contentsOf: folder.url.appending(path: "f.safetensors"))
    #expect(last.weights["logits/kernel"]?.array == network.weights["logits/kernel"]?.array)
  }

  /// Weights without an order, for layers that have the names of the modules.
  @Test func tensorsOfPyTorchForANetwork() throws {
    let fixtures = Fixture.folder.appending(path: "interchange")
    try FileManager.default.copyItem(
      at: fixtures.appending(path: "pytorch_resnet.safetensors"),
      to: folder.url.appending(path: "weights.safetensors"))
    try Network(PyTorchNetworks.resNet(), seed: 1)
      .save(to: folder.url.appending(path: "layers.safetensors"))
    let result = try run(
      "weights.safetensors", "all.safetensors",
      "--network=\(folder.url.path)/layers.safetensors")
    #expect(result.status == 0 && result.text.contains("conv1.weight"), "\(result.text)")
    let run = try NumPyArchive(contentsOf: fixtures.appending(path: "pytorch_resnet.npz"))
    let network = try Network(contentsOf: folder.url.appending(path: "all.safetensors"))
    let found = try Predictor(network).predict(run.array(named: "inputs").tensor())
    let expected = try run.array(named: "outputs").tensor()
    #expect(relativeDifference(found.elements, expected.elements) < 1e-5)
  }

  /// The names of files of Keras 2.
  @Test func oldFilesOfKerasAreRead() throws {
    try FileManager.default.copyItem(
      at: Fixture.folder.appending(path: "interchange/keras2_model.h5"),
      to: folder.url.appending(path: "old.h5"))
    let result = try run("old.h5", "new.keras", "--check")
    #expect(result.status == 0 && result.text.contains("part/conv2d"), "\(result.text)")
    let back = try run("new.keras", "new.h5")
    #expect(back.status != 0 && back.text.contains("expected a format that is written"))
  }

  @Test func filesThatCannotBeConvertedAreNamed() throws {
    let network = Network(try Sequential(input: [2]) { Dense(2) }, seed: 1)
    try network.save(to: folder.url.appending(path: "a.safetensors"))
    for (arguments, expected) in [
      (("a.safetensors", "a.txt"), "expected one that ends with .safetensors"),
      // Before anything is read.
      (("absent.safetensors", "a.pt"), "expected a format that is written, found .pt"),
      (("a.npz", "b.onnx"), "expected --network, for weights alone, found none"),
    ] {
      let result = try run(arguments.0, arguments.1)
      #expect(result.status != 0 && result.text.contains(expected), "\(result.text)")
    }
  }

  /// A trained network of Keras would lose the state of its optimizer.
  @Test func filesThatAreReadAreKept() throws {
    let model = try Model(Sequential(input: [2]) { Dense(2) }, loss: .meanSquaredError)
    try model.saveKeras(to: folder.url.appending(path: "a.keras"))
    try model.network.saveKerasWeights(to: folder.url.appending(path: "a.weights.h5"))
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "link.keras"),
      withDestinationURL: folder.url.appending(path: "a.keras"))
    let before = folder.bytes("a.keras")
    for arguments in [
      ["a.keras", "a.keras"], ["link.keras", "a.keras"],
      ["a.weights.h5", "a.keras", "--network=\(folder.url.path)/a.keras"],
    ] {
      let result =
        arguments.count > 2
        ? try run(arguments[0], arguments[1], arguments[2]) : try run(arguments[0], arguments[1])
      #expect(result.status != 0)
      #expect(
        result.text.contains("expected another file than those that are read"),
        "\(arguments): \(result.text)")
      #expect(folder.bytes("a.keras") == before)
    }
  }
}
