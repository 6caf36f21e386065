public import PinionTensor

/// The tensors of a PyTorch file: of `torch.save`, as `.pt` or `.pth`, or of safetensors.
///
/// ```swift
/// let weights = try PyTorchWeights(contentsOf: "resnet18.pt")
/// print(try network.loadPyTorchWeights(weights))
/// ```
/// The pickle in a file of `torch.save` is not run: a dedicated reader supports the instructions
/// and the few names that tensors in dictionaries and lists need, and refuses all others. A file
/// must therefore hold tensors alone, such as those of `state_dict()`, not a whole module; other
/// numbers and strings are ignored. Files from before PyTorch 1.6, which are not zip files, are
/// refused.
///
/// The file stays open as long as the value exists.
public struct PyTorchWeights: Sendable {
  private enum Storage: Sendable {
    case pickle(PyTorchArchive)
    case safeTensors(SafeTensorsFile)
  }

  /// The description of a tensor.
  public struct Entry: Sendable, Equatable {
    /// The keys that lead to the tensor, joined by dots, such as `layer1.0.conv1.weight`.
    public let name: String
    public let shape: Shape
  }

  /// All tensors: of `torch.save` in the order of the dictionary, of safetensors in that of the
  /// file, which is not the network's.
  public let tensors: [Entry]

  /// Whether the order of ``tensors`` is that in which the network's modules were declared.
  let isOrdered: Bool
  let file: String
  private let storage: Storage
  private let positions: [String: Int]

  /// Opens a file and reads the names and shapes of its tensors.
  ///
  /// Throws `FileError` if the file cannot be read, is invalid or corrupt, has anything in its
  /// pickle besides dictionaries, lists, numbers, strings and tensors, or a name twice.
  public init(contentsOf file: some FileLocation) throws {
    let reader = try FileReader(file.fileURL)
    self.file = reader.file
    let start = try reader.bytes(0..<min(4, reader.size), place: "start of the file")
    isOrdered = start == [0x50, 0x4b, 3, 4]
    if isOrdered {
      let archive = try PyTorchArchive(reader)
      storage = .pickle(archive)
      tensors = archive.entries.map { Entry(name: $0.name, shape: Shape($0.tensor.sizes)) }
    } else if start.starts(with: [0x80, 2]) {
      throw FileError(
        file: reader.file, place: "byte 0",
        expected: "a zip file, as of PyTorch 1.6, or safetensors",
        found: "a pickle; save it again by torch.save")
    } else {
      let source = try SafeTensorsFile(reader)
      storage = .safeTensors(source)
      tensors = source.entries.map { Entry(name: $0.name, shape: $0.shape) }
    }
    var positions: [String: Int] = [:]
    for (index, tensor) in tensors.enumerated() {
      guard positions.updateValue(index, forKey: tensor.name) == nil else {
        throw FileError(
          file: reader.file, place: "tensor \(tensor.name.prefix(200).debugDescription)",
          expected: "names that differ", found: "a second one")
      }
    }
    self.positions = positions
  }

  /// The shape of a tensor; nil if there is none of that name.
  func shape(of name: String) -> Shape? { positions[name].map { tensors[$0].shape } }

  /// Reads a tensor in single precision, whatever the type of its elements, in PyTorch's layout.
  ///
  /// Throws `FileError` if there is none of that name, or a number is outside the range of floats.
  public func tensor(named name: String) throws -> Tensor {
    guard let index = positions[name] else {
      throw FileError(
        file: file, place: "tensor \(name.debugDescription)", expected: "a tensor of that name",
        found: "\(tensors.count) others")
    }
    switch storage {
    case .pickle(let archive): return try archive.read(archive.entries[index])
    case .safeTensors(let source):
      return Tensor(shape: tensors[index].shape, elements: try source.elements(of: name))
    }
  }
}
