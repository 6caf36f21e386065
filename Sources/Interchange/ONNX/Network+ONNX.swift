internal import FoundationEssentials
public import PinionLayers
public import PinionTensor
public import PinionTraining

extension Network {
  /// Reads an ONNX file, such as a classifier that PyTorch, Keras or Pinion has exported.
  ///
  /// Images become (batch, height, width, channels), whatever the file's order: kernels are
  /// rearranged, and transpositions removed. Constants are folded; a bias after a convolution
  /// becomes part of it; the formulas of normalizations and of GELU become layers. Layers have the
  /// names of the file's parameters, such as `features.0` or `conv2d`. `class_names` among the
  /// metadata become ``classNames``.
  ///
  /// Throws ``ONNXError/unsupportedNodes(file:_:)`` that names all unsupported nodes; `FileError`
  /// if the file is not valid, has elements in other files, or has a size besides the batch that is
  /// not fixed.
  public init(onnx file: some FileLocation) throws {
    let reader = try FileReader(file.fileURL)
    self = try ONNXImporter(ONNXFile(reader)).network()
  }

  /// Writes the network, in inference mode, to an ONNX file, atomically.
  ///
  /// The file has IR version 8 and operators of opset 17, which ONNX Runtime reads as of 1.12.
  /// Inputs and outputs have Pinion's names and shapes, with images as (batch, height, width,
  /// channels) and a symbolic batch size. The names of the classes are in the metadata as
  /// `class_names`, a JSON array. Layers that act only in training are left out.
  ///
  /// - Parameters:
  ///   - file: An existing file is replaced when the new one is complete.
  ///   - appendingSoftmax: Whether a softmax along the last axis follows each output, for networks
  ///     whose outputs are logits. Default: false.
  ///   - metadata: Further metadata, such as the preprocessing of images.
  ///
  /// Throws ``ONNXError`` that names all layers that cannot be written, which are custom ones, or
  /// if the parameters exceed 2 GiB; `FileError` if the file cannot be written.
  public func exportONNX(
    to file: some FileLocation, appendingSoftmax: Bool = false, metadata: [String: String] = [:]
  ) throws {
    let bytes = weights.trainable.count + weights.nonTrainable.count
    guard bytes < 1 << 29 - 1 << 20 else { throw ONNXError.tooLarge(bytes: 4 * bytes) }
    var texts = metadata
    if let classNames {
      texts["class_names"] = String(
        decoding: try JSONEncoder().encode(classNames), as: UTF8.self)
    }
    let model = try ONNXExporter(self).model(
      metadata: texts.sorted { $0.key < $1.key }, appendingSoftmax: appendingSoftmax)
    try AtomicFile.write(model.bytes, to: file.fileURL)
  }
}

extension Model {
  /// Writes the network to an ONNX file, as the method of the ``Model/network``.
  public func exportONNX(
    to file: some FileLocation, appendingSoftmax: Bool = false, metadata: [String: String] = [:]
  ) throws {
    try network.exportONNX(to: file, appendingSoftmax: appendingSoftmax, metadata: metadata)
  }
}

/// The metadata of a file.
enum ONNXMetadata {
  /// The names of the classes from a JSON array.
  static func classNames(_ text: String, file: String) throws -> [String] {
    let place = "metadata \"class_names\""
    let data = Data(text.utf8)
    try JSONDocument.check(data, file: file, place: place)
    do {
      return try JSONDecoder().decode([String].self, from: data)
    } catch {
      throw FileError(
        file: file, place: place, expected: "a list of names",
        found: String(text.prefix(100)).debugDescription)
    }
  }
}
