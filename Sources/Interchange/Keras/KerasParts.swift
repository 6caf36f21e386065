internal import PinionLayers
internal import PinionTensor

extension KerasValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  init(stringLiteral text: String) { self = .text(text) }
  init(integerLiteral value: Int) { self = .integer(value) }
}

/// Initializers, regularizers and constraints, in both directions.
enum KerasParts {
  /// Nil for one that Keras lacks.
  static func describe(_ initializer: any Initializer) -> KerasValue? {
    func object(_ name: String, _ config: [String: KerasValue]) -> KerasValue {
      .object(name, in: "keras.initializers", config)
    }
    switch initializer {
    case let initializer as ConstantInitializer:
      return initializer.value == 0
        ? object("Zeros", [:])
        : initializer.value == 1
          ? object("Ones", [:]) : object("Constant", ["value": .float(initializer.value)])
    case let initializer as VarianceScaling:
      let mode: KerasValue =
        switch initializer.mode {
        case .fanIn: "fan_in"
        case .fanOut: "fan_out"
        case .fanAverage: "fan_avg"
        }
      return object(
        "VarianceScaling",
        [
          "scale": .number(initializer.scale), "mode": mode,
          "distribution": initializer.distribution == .uniform ? "uniform" : "truncated_normal",
        ])
    case let initializer as RandomNormal:
      return object(
        "RandomNormal",
        ["mean": .float(initializer.mean), "stddev": .float(initializer.standardDeviation)])
    case let initializer as TruncatedNormal:
      return object(
        "TruncatedNormal",
        ["mean": .float(initializer.mean), "stddev": .float(initializer.standardDeviation)])
    case let initializer as RandomUniform:
      return object(
        "RandomUniform",
        ["minval": .float(initializer.minimum), "maxval": .float(initializer.maximum)])
    case let initializer as Orthogonal:
      return object("Orthogonal", ["gain": .float(initializer.gain)])
    case let initializer as IdentityInitializer:
      return object("Identity", ["gain": .float(initializer.gain)])
    default: return nil
    }
  }

  /// Nil for one that is not known.
  static func initializer(_ value: KerasValue) -> (any Initializer)? {
    guard let name = value.text ?? value["class_name"]?.text else { return nil }
    let config = KerasArguments(value["config"]?.members ?? [:])
    switch name {
    case "Zeros", "zeros": return ConstantInitializer.zeros
    case "Ones", "ones": return ConstantInitializer.ones
    case "Constant": return ConstantInitializer(config.float("value", 0))
    case "GlorotUniform", "glorot_uniform": return VarianceScaling.glorotUniform
    case "GlorotNormal", "glorot_normal": return VarianceScaling.glorotNormal
    case "HeUniform", "he_uniform": return VarianceScaling.heUniform
    case "HeNormal", "he_normal": return VarianceScaling.heNormal
    case "LecunUniform", "lecun_uniform": return VarianceScaling.lecunUniform
    case "LecunNormal", "lecun_normal": return VarianceScaling.lecunNormal
    case "VarianceScaling":
      let modes: [String: VarianceScaling.Mode] = [
        "fan_in": .fanIn, "fan_out": .fanOut, "fan_avg": .fanAverage,
      ]
      let distributions: [String: VarianceScaling.Distribution] = [
        "uniform": .uniform, "truncated_normal": .truncatedNormal,
      ]
      guard let mode = modes[config.text("mode", "fan_in")],
        let distribution = distributions[config.text("distribution", "truncated_normal")]
      else { return nil }
      return VarianceScaling(
        scale: config.number("scale", 1), mode: mode, distribution: distribution)
    case "RandomNormal", "random_normal":
      return RandomNormal(
        mean: config.float("mean", 0), standardDeviation: config.float("stddev", 0.05))
    case "TruncatedNormal", "truncated_normal":
      return TruncatedNormal(
        mean: config.float("mean", 0), standardDeviation: config.float("stddev", 0.05))
    case "RandomUniform", "random_uniform", "uniform":
      return RandomUniform(from: config.float("minval", -0.05), to: config.float("maxval", 0.05))
    case "Orthogonal", "orthogonal": return Orthogonal(gain: config.float("gain", 1))
    case "Identity", "identity": return IdentityInitializer(gain: config.float("gain", 1))
    default: return nil
    }
  }

  /// Nil for one that Keras lacks.
  static func describe(_ regularizer: any Regularizer) -> KerasValue? {
    switch regularizer {
    case let regularizer as L1L2:
      .object(
        "L1L2", in: "keras.regularizers",
        ["l1": .number(regularizer.l1), "l2": .number(regularizer.l2)])
    case let regularizer as OrthogonalRegularizer:
      .object(
        "OrthogonalRegularizer", in: "keras.regularizers",
        ["factor": .number(regularizer.factor), "mode": .text(regularizer.mode.rawValue)])
    default: nil
    }
  }

  static func regularizer(_ value: KerasValue) -> (any Regularizer)? {
    let config = KerasArguments(value["config"]?.members ?? [:])
    switch value.text ?? value["class_name"]?.text {
    case "L1", "l1": return L1L2(l1: config.number("l1", 0.01))
    case "L2", "l2": return L1L2(l2: config.number("l2", 0.01))
    case "L1L2", "l1_l2":
      let standard = value.text == nil ? 0 : 0.01
      return L1L2(l1: config.number("l1", standard), l2: config.number("l2", standard))
    case "OrthogonalRegularizer", "orthogonal_regularizer":
      guard let mode = OrthogonalRegularizer.Mode(rawValue: config.text("mode", "rows")) else {
        return nil
      }
      return OrthogonalRegularizer(factor: config.number("factor", 0.01), mode: mode)
    default: return nil
    }
  }

  /// Nil for one that Keras lacks.
  ///
  /// - Parameter axes: All of the parameter's axes but the last.
  static func describe(_ constraint: any Constraint, axes: [Int]) -> KerasValue? {
    switch constraint {
    case is NonNegative: .object("NonNeg", in: "keras.constraints", [:])
    // Over no axes, Pinion bounds single numbers.
    case let constraint as NormConstraint where !axes.isEmpty:
      // Keras's JSON has no infinity.
      .object(
        "MinMaxNorm", in: "keras.constraints",
        [
          "min_value": .number(constraint.minimum),
          "max_value": .number(min(constraint.maximum, 3e38)), "rate": .number(constraint.rate),
          "axis": .integers(axes),
        ])
    default: nil
    }
  }

  static func constraint(_ value: KerasValue, axes: [Int]) -> (any Constraint)? {
    let config = KerasArguments(value["config"]?.members ?? [:])
    let found: (any Constraint)?
    switch value.text ?? value["class_name"]?.text {
    case "NonNeg", "non_neg": return NonNegative()
    case "MaxNorm", "max_norm": found = NormConstraint(maximum: config.number("max_value", 2))
    case "UnitNorm", "unit_norm": found = NormConstraint.unitNorm
    case "MinMaxNorm", "min_max_norm":
      found = NormConstraint(
        minimum: config.number("min_value", 0), maximum: config.number("max_value", 1),
        rate: config.number("rate", 1))
    default: found = nil
    }
    return config.integers("axis", [0]).sorted() == axes ? found : nil
  }
}
