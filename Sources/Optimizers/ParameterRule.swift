public import PinionTensor

/// The description of a trainable parameter for an optimizer: a range of the flat parameter buffer,
/// with its name, role and shape.
public struct ParameterRange: Sendable, Equatable {
  /// The layer's and the parameter's name: `conv2d_1/kernel`.
  public let name: String
  public let role: ParameterRole
  /// The shape in Keras's layout. Its element count is that of ``range``.
  public let shape: Shape
  /// The range in the flat buffer, in the gradients and in every slot.
  public let range: Range<Int>

  public init(name: String, role: ParameterRole, shape: Shape, range: Range<Int>) {
    self.name = name
    self.role = role
    self.shape = shape
    self.range = range
  }

  /// Whether a name is that of the parameter, or of the layer or nested graph that it belongs to.
  func isNamed(_ name: String) -> Bool { self.name == name || self.name.hasPrefix(name + "/") }
}

/// Hyperparameters for some of the parameters, selected by role, by name, or by both.
///
/// ```swift
/// Adam(
///   learningRate: 0.001,
///   parameterRules: [
///     ParameterRule(name: "backbone", learningRateMultiplier: 0.1),
///     ParameterRule(role: .bias, weightDecay: 0),
///   ])
/// ```
/// If several rules give a value for a parameter, the last one applies. A rule that selects no
/// parameter of the model is an error.
public struct ParameterRule: Sendable, Equatable, Codable {
  /// The role of the parameters selected; nil for any.
  public var role: ParameterRole?
  /// The name of a parameter, or of the layer or nested graph that it belongs to:
  /// `conv2d_1/kernel`, `conv2d_1`; nil for any.
  public var name: String?
  /// Factor of the learning rate; 0 or more. At 0 the parameters keep their values, while the
  /// optimizer's slots are still updated. Nil: as without the rule.
  public var learningRateMultiplier: Double?
  /// Replaces ``Optimizer/weightDecay``; 0 excludes the parameters from it. Nil: as without the
  /// rule.
  public var weightDecay: Double?

  public init(
    role: ParameterRole? = nil, name: String? = nil, learningRateMultiplier: Double? = nil,
    weightDecay: Double? = nil
  ) {
    self.role = role
    self.name = name
    self.learningRateMultiplier = learningRateMultiplier
    self.weightDecay = weightDecay
  }

  func selects(_ parameter: ParameterRange) -> Bool {
    if let role, role != parameter.role { return false }
    return name.map(parameter.isNamed) ?? true
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
        rule.learningRateMultiplier ?? 1, place + ".learningRateMultiplier")
      try ArgumentError.checkRate(rule.weightDecay ?? 0, place + ".weightDecay")
      guard parameters.contains(where: rule.selects) else {
        throw ArgumentError(
          place: place, expected: "a rule that selects a trainable parameter",
          found: rule.selection)
      }
    }
  }
}
