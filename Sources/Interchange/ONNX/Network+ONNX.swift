internal import FoundationEssentials
public import PinionLayers
public import PinionTensor
public import PinionTraining

extension Network {
  /// Writes the network, as it predicts, to a file of ONNX, atomically.
  ///
  /// The file has IR version 8 and operators of opset 17, which ONNX Runtime reads as of 1.12.
  /// Inputs and outputs have Pinion's names and shapes, with images as (batch, height, width,
  /// channels) and a symbolic batch size. The names of the classes are in the metadata as
  /// `class_names`, an array in JSON. Layers of training alone are left out.
  ///
  /// Throws ``ONNXError`` that names all layers that cannot be written, among them custom ones, or
  /// if the parameters exceed 2 GiB; `FileError` if the file cannot be written.
  public func exportONNX(to file: some FileLocation) throws {
    let bytes = weights.trainable.count + weights.nonTrainable.count
    guard bytes < 1 << 29 - 1 << 20 else { throw ONNXError.tooLarge(bytes: 4 * bytes) }
    var metadata: [(String, String)] = []
    if let classNames {
      let names = String(decoding: try JSONEncoder().encode(classNames), as: UTF8.self)
      metadata.append(("class_names", names))
    }
    let model = try ONNXExporter(self).model(metadata: metadata)
    try AtomicFile.write(model.bytes, to: file.fileURL)
  }
}

extension Model {
  /// Writes the network to a file of ONNX. As `exportONNX(to:)` of the ``Model/network``.
  public func exportONNX(to file: some FileLocation) throws { try network.exportONNX(to: file) }
}
