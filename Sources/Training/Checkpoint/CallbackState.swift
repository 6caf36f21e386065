public import FoundationEssentials
package import PinionTensor

/// The state of a callback in a checkpoint.
public struct CallbackState: Sendable {
  /// The callback's values as JSON.
  public let values: Data
  /// A copy of weights that the callback keeps, if any.
  public let weights: WeightsSnapshot?

  /// Encodes values.
  ///
  /// Throws `EncodingError` if they cannot be encoded.
  public init(_ values: some Encodable, weights: WeightsSnapshot? = nil) throws {
    self.values = try CheckpointCoding.encode(values)
    self.weights = weights
  }

  init(values: Data, weights: WeightsSnapshot?) {
    self.values = values
    self.weights = weights
  }

  /// Decodes the values.
  ///
  /// Throws `DecodingError` if they are not of the type.
  public func decode<Values: Decodable>(_ type: Values.Type) throws -> Values {
    try CheckpointCoding.decode(type, from: values)
  }
}

/// A copy of a model's weights, to be restored later.
public final class WeightsSnapshot: Sendable {
  /// The trainable parameters.
  package let parameters: AlignedBuffer
  /// The other parameters, such as the moving means of batch normalization.
  package let state: AlignedBuffer

  /// Copies weights.
  package init(parameters: MemoryView<Float>, state: MemoryView<Float>) {
    self.parameters = AlignedBuffer(copying: parameters)
    self.state = AlignedBuffer(copying: state)
  }

  /// Copies other weights of the same counts into the snapshot. Does not allocate.
  package func update(parameters: MemoryView<Float>, state: MemoryView<Float>) {
    self.parameters.view.copy(from: parameters)
    self.state.view.copy(from: state)
  }

  /// Copies the snapshot to memory of the same counts.
  package func copy(toParameters parameters: MemoryView<Float>, state: MemoryView<Float>) {
    parameters.copy(from: self.parameters.view)
    state.copy(from: self.state.view)
  }
}

/// JSON in which every `Double` reads back with the same bits, NaN and infinity as strings.
enum CheckpointCoding {
  static func encode(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try encoder.encode(value)
  }

  static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try decoder.decode(type, from: data)
  }
}
