internal import Foundation
internal import Pinion
internal import PinionInterchange
internal import PinionTensor

/// Compares the predictions of a network with those of what was written, for random inputs.
struct ConversionCheck {
  /// The largest difference, norm over norm.
  private static let limit = 1e-5
  private static let batch = 4

  private let network: Network
  private let inputs: [String: Tensor]

  init(_ network: Network, seed: UInt64) {
    self.network = network
    let graph = network.graph
    inputs = Dictionary(
      uniqueKeysWithValues: graph.inputs.map { id in
        let value = graph[id]
        let shape = Shape([Self.batch] + value.shape.dimensions)
        // Numbers below 1, which are an index of any table, too.
        let random = RandomStream(seed: seed, purpose: "check/" + value.name)
        return (value.name, Tensor.uniform(shape: shape, from: random))
      })
  }

  func run(_ file: ConvertedFile) throws {
    let expected = try predictions(of: network)
    // Names may differ, places do not.
    let names = network.graph.outputs.map { network.graph[$0].name }
    do {
      let copy = try file.readBack(network)
      let renamed = Dictionary(
        uniqueKeysWithValues: zip(network.graph.inputs, copy.graph.inputs).map { old, new in
          (copy.graph[new].name, inputs[network.graph[old].name] ?? Tensor(0))
        })
      let found = try Predictor(copy).predict(renamed)
      let outputs = copy.graph.outputs.map { found[copy.graph[$0].name] ?? Tensor(0) }
      try report("Pinion, read again", zip(names, outputs).map { ($0, $1) }, expected)
    } catch let error as ONNXError {
      print("Pinion, read again: \(error)")
    }
    guard file.format == .onnx else { return }
    guard let found = try runtime(file.path, names) else {
      print("ONNX Runtime: not at hand (python3 with numpy and onnxruntime)")
      return
    }
    try report("ONNX Runtime", found, expected)
  }

  private func predictions(of network: Network) throws -> [String: Tensor] {
    try Predictor(network).predict(inputs)
  }

  private func report(
    _ side: String, _ found: [(String, Tensor)], _ expected: [String: Tensor]
  ) throws {
    for (name, tensor) in found {
      guard let expected = expected[name] else { continue }
      var (difference, norm) = (0.0, 0.0)
      if tensor.shape == expected.shape {
        for (a, b) in zip(tensor.elements, expected.elements) {
          difference += Double(a - b) * Double(a - b)
          norm += Double(b) * Double(b)
        }
      } else {
        difference = .infinity
      }
      let ratio = (difference / max(norm, 1e-12)).squareRoot()
      print("\(side): output \(PrintableText.escaped(name)) differs by \(ratio) of its norm")
      guard ratio <= Self.limit else {
        throw FileError(
          file: side, place: "output \(name.debugDescription)",
          expected: "a difference of at most \(Self.limit)", found: "\(ratio)")
      }
    }
  }

  /// The outputs that ONNX Runtime computes; nil if there is none.
  private func runtime(_ file: String, _ names: [String]) throws -> [(String, Tensor)]? {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "pinion-convert-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (arrays, results) = (folder.appending(path: "in.npz"), folder.appending(path: "out.npz"))
    try NumPyArchive.write(inputs.map { .init($0.key, $0.value) }, to: arrays)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", Self.script, file, arrays.path, results.path]
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let message = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    // 127: `env` finds no python3.
    guard ![Self.absent, 127].contains(process.terminationStatus) else { return nil }
    guard process.terminationStatus == 0 else {
      throw FileError(
        file: file, place: "ONNX Runtime", expected: "a network that it runs",
        found: String(decoding: message.suffix(400), as: UTF8.self))
    }
    let archive = try NumPyArchive(contentsOf: results)
    return try names.map { ($0, try archive.array(named: $0).tensor()) }
  }

  /// The exit status of the script without its modules.
  private static let absent: Int32 = 3

  private static let script = """
    import sys
    try:
        import numpy, onnxruntime
    except ImportError:
        sys.exit(\(absent))
    session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    numpy.savez(sys.argv[3], **dict(zip(names, session.run(None, dict(numpy.load(sys.argv[2]))))))
    """
}
