internal import Foundation
internal import Pinion
internal import PinionInterchange

/// A file whose format follows from its name.
struct ConvertedFile {
  enum Format: CaseIterable {
    case pinion, onnx, kerasWeights, keras, pyTorch, numPy

    /// How names end.
    var suffixes: [String] {
      switch self {
      case .pinion: [".safetensors"]
      case .onnx: [".onnx"]
      case .kerasWeights: [".weights.h5"]
      case .keras: [".keras", ".h5"]
      case .pyTorch: [".pt", ".pth"]
      case .numPy: [".npz"]
      }
    }
  }

  /// What `--help` says of the formats.
  static let help = """
    .safetensors   a network of Pinion: read and written; with --network,
                   weights of PyTorch, paired by the names of modules and
                   layers: read
    .onnx          a network of ONNX: read and written
    .weights.h5    weights of Keras: read and written
    .keras         a network of Keras: read and written
    .h5            a network or weights of Keras 2: read
    .pt, .pth      weights of PyTorch, paired in the order of the layers: read
    .npz           arrays of NumPy with the names of parameters: read and written
    """

  let path: String
  let format: Format

  /// Throws `FileError` if networks are not written in the format.
  func checkWritable() throws {
    let isOld = format == .keras && path.hasSuffix(".h5")
    guard format != .pyTorch, !isOld else {
      throw failure("a format that is written", isOld ? ".h5" : format.suffixes[0])
    }
  }

  /// Throws `FileError` if the name has no known ending.
  init(_ path: String) throws {
    let format = Format.allCases.first { $0.suffixes.contains { path.hasSuffix($0) } }
    guard let format else {
      let known = Format.allCases.flatMap(\.suffixes).joined(separator: ", ")
      throw FileError(
        file: path, place: "name", expected: "one that ends with \(known)", found: "another")
    }
    (self.path, self.format) = (path, format)
  }

  /// A network that was read, and where its parameters come from.
  struct Reading {
    let network: Network
    /// The names of tensors in the file, by parameter, where they differ.
    var sources: [String: String] = [:]
    /// Tensors of the file that are no parameters.
    var unused: [String] = []
  }

  private func failure(_ expected: String, _ found: String) -> FileError {
    FileError(file: path, place: "format", expected: expected, found: found)
  }

  /// - Parameter network: The network of weights alone.
  func read(network: ConvertedFile?) throws -> Reading {
    switch format {
    case .pinion where network == nil:
      return Reading(network: try Network(contentsOf: URL(filePath: path)))
    case .onnx: return Reading(network: try Network(onnx: path))
    case .keras where network == nil: return Reading(network: try Network(keras: path))
    case .pinion, .keras, .kerasWeights, .pyTorch, .numPy: break
    }
    guard let network else { throw failure("--network, for weights alone", "none") }
    let target = try network.read(network: nil).network
    switch format {
    case .pyTorch, .pinion:
      let report = try target.loadPyTorchWeights(
        PyTorchWeights(contentsOf: path))
      let pairs = report.assignments.map { ($0.parameter, $0.tensor) }
      return Reading(
        network: target, sources: Dictionary(pairs) { first, _ in first },
        unused: report.unusedTensors)
    case .numPy: return Reading(network: target, unused: try readArrays(into: target))
    default:
      try target.loadKerasWeights(from: path)
      return Reading(network: target)
    }
  }

  /// Sets parameters to the arrays of their names; returns the names of the others.
  private func readArrays(into network: Network) throws -> [String] {
    let archive = try NumPyArchive(contentsOf: path)
    let names = Set(network.weights.entries.map(\.name))
    for entry in network.weights.entries {
      let tensor = try archive.array(named: entry.name).tensor()
      guard tensor.shape == entry.shape else {
        throw FileError(
          file: path, place: "array \(entry.name.debugDescription)",
          expected: "the shape \(entry.shape)", found: "\(tensor.shape)")
      }
      let view = network.weights.view(of: entry)
      for (index, value) in tensor.elements.enumerated() { view[index] = value }
    }
    return archive.names.filter { !names.contains($0) }
  }

  func write(_ network: Network) throws {
    switch format {
    case .pinion: try network.save(to: URL(filePath: path))
    case .onnx: try network.exportONNX(to: path)
    case .keras: try network.saveKeras(to: path)
    case .kerasWeights: try network.saveKerasWeights(to: path)
    case .numPy:
      try NumPyArchive.write(
        network.weights.entries.map { entry in
          .init(entry.name, Tensor(copying: network.weights.view(of: entry), shape: entry.shape))
        }, to: path)
    case .pyTorch: try checkWritable()
    }
  }

  /// The network as the file has it.
  func readBack(_ network: Network) throws -> Network {
    switch format {
    case .pinion, .onnx, .keras: return try read(network: nil).network
    default:
      let copy = Network(network.graph, seed: 1)
      if format == .kerasWeights {
        try copy.loadKerasWeights(from: path)
      } else {
        _ = try readArrays(into: copy)
      }
      return copy
    }
  }
}
