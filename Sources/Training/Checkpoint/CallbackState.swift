public import FoundationEssentials

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
