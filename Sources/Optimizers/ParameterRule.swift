public import PinionTensor

/// A trainable parameter as the optimizer sees it: a range of the flat parameter buffer, with its
/// name, role and shape.
public struct ParameterRange: Sendable, Equatable {
  /// The layer's and the parameter's name: `conv2d_1/kernel`.
  public let name: String
  public let role: ParameterRole
  /// The shape in Keras's layout. Its element count is that of ``range``.
  public let shape: Shape
  /// The place in the flat buffer, in the gradients and in every slot.
  public let range: Range<Int>

  public init(name: String, role: ParameterRole, shape: Shape, range: Range<Int>) {
    self.name = name
    self.role = role
    self.shape = shape
    self.range = range
  }
}

/// Hyperparameters for some of the parameters, selected by role, by name, or by both.
///
/// ```swift
/// Adam(
///   learningRate: 0.001,
///   parameterRules: [
///     ParameterRule(name: "backbone", learningRateMultiplier: 0.1),
///     ParameterRule(role: .bias, learningRateMultiplier: 2),
///   ])
/// ```
/// If several rules select a parameter, the last one applies. A rule that selects no parameter of
/// the model is an error.
public struct ParameterRule: Sendable, Equatable, Codable {
  /// The role of the parameters selected; nil for any.
  public var role: ParameterRole?
  /// The name of a parameter, or of the layer or nested graph that it belongs to:
  /// `conv2d_1/kernel`, `conv2d_1`; nil for any.
  public var name: String?
  /// Factor of the learning rate; 0 or more. At 0 the parameters keep their values, while the
  /// optimizer's slots are still updated.
  public var learningRateMultiplier: Double

  public init(
    role: ParameterRole? = nil, name: String? = nil, learningRateMultiplier: Double = 1
  ) {
    self.role = role
    self.name = name
    self.learningRateMultiplier = learningRateMultiplier
  }

  func selects(_ parameter: ParameterRange) -> Bool {
    if let role, role != parameter.role { return false }
    guard let name else { return true }
    return parameter.name == name || parameter.name.hasPrefix(name + "/")
  }

  /// What the rule selects, for messages: `role bias, name "conv2d"`.
  fileprivate var selection: String {
    let parts = [role.map { "role \($0)" }, name.map { "name \($0.debugDescription)" }]
      .compactMap { $0 }
    return parts.isEmpty ? "any parameter" : parts.joined(separator: ", ")
  }
}

extension KeyedDecodingContainer {
  /// No rules where a configuration of an earlier version has none; called by the code that the
  /// compiler writes for optimizers.
  public func decode(_ type: [ParameterRule].Type, forKey key: Key) throws -> [ParameterRule] {
    try decodeIfPresent(type, forKey: key) ?? []
  }
}

extension Optimizer {
  /// Throws `ArgumentError` if the hyperparameters are invalid, or if a rule of
  /// ``parameterRules`` has an invalid factor or selects none of `parameters`.
  public func validate(for parameters: [ParameterRange]) throws(ArgumentError) {
    try validate()
    for (index, rule) in parameterRules.enumerated() {
      let place = "\(Self.typeName).parameterRules[\(index)]"
      try ArgumentError.checkRate(
        rule.learningRateMultiplier, place + ".learningRateMultiplier")
      guard parameters.contains(where: rule.selects) else {
        throw ArgumentError(
          place: place, expected: "a rule that selects a trainable parameter",
          found: rule.selection)
      }
    }
  }
}

/// The parameters divided into groups of equal hyperparameters, and the pieces of the flat buffer
/// that threads update.
///
/// The buffer is cut every ``OptimizerState/pieceSize`` floats; a piece is cut further where the
/// group changes. Without rules there is one group, and each piece is one segment.
struct ParameterGroups: Sendable {
  struct Segment: Sendable, Equatable {
    let range: Range<Int>
    let group: Int
  }

  /// The learning-rate factor of each group; there is at least one group.
  private(set) var learningRateMultipliers: [Double] = []
  /// The segments of all pieces in the order of the buffer.
  private(set) var segments: [Segment] = []
  /// The segments of each piece.
  private(set) var pieces: [Range<Int>] = []

  /// - Precondition: The ranges of the parameters follow each other from 0 on.
  init(_ parameters: [ParameterRange], rules: [ParameterRule]) {
    var blocks: [Segment] = []
    for parameter in parameters where !parameter.range.isEmpty {
      let end = blocks.last?.range.upperBound ?? 0
      require(
        parameter.range.lowerBound == end, "a gap before the parameter \"\(parameter.name)\"")
      let factor = rules.last { $0.selects(parameter) }?.learningRateMultiplier ?? 1
      let group = index(ofFactor: factor)
      if let last = blocks.last, last.group == group {
        blocks[blocks.count - 1] = Segment(
          range: last.range.lowerBound..<parameter.range.upperBound, group: group)
      } else {
        blocks.append(Segment(range: parameter.range, group: group))
      }
    }
    if learningRateMultipliers.isEmpty { learningRateMultipliers = [1] }
    let count = blocks.last?.range.upperBound ?? 0
    for start in stride(from: 0, to: count, by: OptimizerState.pieceSize) {
      let piece = start..<min(start + OptimizerState.pieceSize, count)
      let first = segments.count
      for block in blocks where block.range.overlaps(piece) {
        segments.append(Segment(range: block.range.clamped(to: piece), group: block.group))
      }
      pieces.append(first..<segments.count)
    }
  }

  private mutating func index(ofFactor factor: Double) -> Int {
    if let index = learningRateMultipliers.firstIndex(of: factor) { return index }
    learningRateMultipliers.append(factor)
    return learningRateMultipliers.count - 1
  }
}
