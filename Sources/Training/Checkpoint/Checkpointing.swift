public import FoundationEssentials
public import PinionTensor

/// Where and when training writes checkpoints, and whether it resumes from one.
///
/// A checkpoint is one safetensors file with everything that training changes: the weights, the
/// optimizer's state, the position in the epoch, the skipped samples, the history, and the state of
/// metrics and callbacks. It is written to a temporary file and renamed, so that the last complete
/// one always exists. A run that resumes ends with the same bits as one that was not interrupted,
/// if model, data and arguments of `fit` are the same.
///
/// The network, optimizer, losses, metrics and callbacks with their hyperparameters, the seed, the
/// batch size, the number of samples, shuffling and ``settings`` are compared with the
/// checkpoint's; a `FileError` names all that differ. The number of epochs may grow.
///
/// ```swift
/// try model.fit(
///   training, epochs: 50, callbacks: [EarlyStopping(patience: 5, restoreBestWeights: true)],
///   checkpointing: Checkpointing(to: file, every: .epochs(1), resumes: true))
/// ```
public struct Checkpointing: Sendable, Equatable {
  /// The interval between checkpoints. One is also written when training is interrupted or ends.
  public enum Interval: Sendable, Equatable {
    /// After this number of epochs.
    case epochs(Int)
    /// After this number of batches of an epoch, and after each epoch.
    case batches(Int)
  }

  public var file: URL
  public var interval: Interval
  /// Whether to resume from the file if it exists.
  public var resumes: Bool
  /// Other settings, by name, that must be equal to resume and that `fit` cannot compare, such as
  /// the augmentation of the data.
  public var settings: [String: String]

  /// - Parameters:
  ///   - file: A URL or a path.
  ///   - interval: The interval between writes.
  ///   - resumes: Whether to resume from the file if it exists.
  ///   - settings: Other settings that must be equal to resume.
  public init(
    to file: some FileLocation, every interval: Interval = .epochs(1), resumes: Bool = false,
    settings: [String: String] = [:]
  ) {
    self.file = file.fileURL
    self.interval = interval
    self.resumes = resumes
    self.settings = settings
  }

  func isDue(afterEpoch epoch: Int) -> Bool {
    switch interval {
    case .epochs(let count): (epoch + 1).isMultiple(of: max(1, count))
    case .batches: true
    }
  }

  func isDue(afterBatch batch: Int) -> Bool {
    switch interval {
    case .epochs: false
    case .batches(let count): (batch + 1).isMultiple(of: max(1, count))
    }
  }
}

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
