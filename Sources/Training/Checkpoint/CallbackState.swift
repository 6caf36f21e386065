public import FoundationEssentials
public import PinionTensor

/// What a callback must remember for training to go on after an interruption as if there had been none.
public struct CallbackState: Sendable {
  /// The callback's own values, as JSON.
  public let values: Data
  /// A copy of weights that it holds, if it does.
  public let weights: WeightsSnapshot?

  /// A state of values that can be coded, and perhaps weights.
  ///
  /// Throws `EncodingError` if the values cannot be encoded.
  public init(_ values: some Encodable, weights: WeightsSnapshot? = nil) throws {
    self.values = try CheckpointCoding.encode(values)
    self.weights = weights
  }

  init(values: Data, weights: WeightsSnapshot?) {
    self.values = values
    self.weights = weights
  }

  /// The values as the type that was encoded.
  ///
  /// Throws `DecodingError` if they are not of that type.
  public func decode<Values: Decodable>(_ type: Values.Type) throws -> Values {
    try CheckpointCoding.decode(type, from: values)
  }
}

/// A copy of a model's weights, to be put back later.
public final class WeightsSnapshot: Sendable {
  /// The trainable parameters.
  public let parameters: AlignedBuffer

  /// What is not trained, such as the moving means of batch normalization.
  public let state: AlignedBuffer

  /// Copies the given weights.
  public init(parameters: MemoryView<Float>, state: MemoryView<Float>) {
    self.parameters = AlignedBuffer(copying: parameters)
    self.state = AlignedBuffer(copying: state)
  }

  /// Copies other weights of the same counts over those held.
  public func update(parameters: MemoryView<Float>, state: MemoryView<Float>) {
    self.parameters.view.copy(from: parameters)
    self.state.view.copy(from: state)
  }

  /// Copies the weights held to memory of the same counts.
  public func copy(toParameters parameters: MemoryView<Float>, state: MemoryView<Float>) {
    parameters.copy(from: self.parameters.view)
    state.copy(from: self.state.view)
  }
}

/// JSON in which every Double reads back as the same bits, NaN and infinity as words.
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
