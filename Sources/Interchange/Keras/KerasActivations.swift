internal import PinionLayers
internal import PinionTensor

/// Activations, in both directions.
enum KerasActivations {
  /// The form of an activation in Keras: a name, or a separate layer for a function with a
  /// parameter.
  enum Form {
    case name(String)
    case layer(KerasPart)
  }

  private static let names: [(String, any ActivationFunction)] = [
    ("linear", Linear()), ("relu", ReLU()), ("leaky_relu", LeakyReLU()), ("elu", ELU()),
    ("celu", CELU()), ("selu", SELU()), ("sigmoid", Sigmoid()), ("tanh", Tanh()),
    ("softsign", Softsign()), ("softplus", Softplus()), ("exponential", Exponential()),
    ("hard_sigmoid", HardSigmoid()), ("hard_silu", HardSwish()), ("relu6", ReLU6()),
    ("silu", SiLU()), ("mish", Mish()), ("gelu", GELU()), ("softmax", Softmax()),
    ("log_softmax", LogSoftmax()), ("swish", SiLU()), ("hard_swish", HardSwish()),
  ]

  /// Nil for a custom activation.
  static func form(_ function: any ActivationFunction) -> Form? {
    let configured = Configured<any ActivationFunction>(wrappedValue: function)
    if let known = names.first(where: { Configured(wrappedValue: $0.1) == configured }) {
      return .name(known.0)
    }
    switch function {
    case let function as LeakyReLU:
      return .layer(KerasPart("LeakyReLU", ["negative_slope": .float(function.negativeSlope)]))
    case let function as ELU: return .layer(KerasPart("ELU", ["alpha": .float(function.alpha)]))
    // Keras has no layers of these, but graphs of Keras may contain functions.
    case let function as CELU:
      return .layer(
        KerasPart("Celu", ["alpha": .float(function.alpha)], module: "keras.src.ops.nn"))
    case is GELU:
      return .layer(KerasPart("Gelu", ["approximate": .truth(true)], module: "keras.src.ops.nn"))
    default: return nil
    }
  }

  /// The function with a name or a configuration; nil for one that is not known.
  static func function(_ value: KerasValue) -> (any ActivationFunction)? {
    if let name = value.text { return names.first { $0.0 == name }?.1 }
    guard let className = value["class_name"]?.text else { return nil }
    if className == "function", let name = value["config"]?.text {
      return names.first { $0.0 == name }?.1
    }
    let config = KerasArguments(value["config"]?.members ?? [:])
    guard let function = function(className, config), config.finish().isEmpty else { return nil }
    return function
  }

  /// The function of a Keras activation layer; nil for other layers.
  static func function(
    _ className: String, _ config: KerasArguments
  ) -> (any ActivationFunction)? {
    switch className {
    case "Activation": return config.activation()
    case "LeakyReLU":
      return LeakyReLU(negativeSlope: config.float("negative_slope", config.float("alpha", 0.3)))
    case "ELU": return ELU(alpha: config.float("alpha", 1))
    case "Softmax":
      config.require("axis", .integer(-1))
      return Softmax()
    case "ReLU":
      config.require("threshold", 0, .number(0))
      let slope = config.float("negative_slope", 0)
      config.require("max_value", .number(6), 6)
      let isBounded = config["max_value"] != nil
      if isBounded, slope != 0 { config.fail("max_value") }
      if isBounded { return ReLU6() }
      if slope == 0 { return ReLU() }
      return LeakyReLU(negativeSlope: slope)
    case "Gelu": return GELU(approximate: config.bool("approximate", true))
    case "Celu": return CELU(alpha: config.float("alpha", 1))
    default: return nil
    }
  }
}
