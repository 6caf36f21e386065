internal import PinionLayers
internal import PinionTensor

/// A Keras layer: its class and its configuration without the name.
struct KerasPart: Equatable {
  var className: String
  var config: [String: KerasValue]
  var module = "keras.layers"

  init(_ className: String, _ config: [String: KerasValue], module: String = "keras.layers") {
    (self.className, self.config, self.module) = (className, config, module)
  }

  /// Whether it is a function, which a `Sequential` of Keras cannot contain.
  var isFunction: Bool { module != "keras.layers" }

  /// Whether the class is Keras's own and computes what the layer of its name does.
  ///
  /// Others may have its name: classes of a program, and functions such as `keras.ops.dot`.
  var isOfKeras: Bool {
    guard module.contains(".ops.") else { return ["keras", "tf_keras"].contains(package) }
    return [
      "Add", "Celu", "Concatenate", "Gelu", "Maximum", "Minimum", "Multiply", "Softmax", "Subtract",
    ].contains(className)
  }

  private var package: Substring { module.prefix { $0 != "." } }
}

/// A layer with a counterpart in Keras.
protocol KerasLayer: Layer {
  /// The name of Keras's class.
  static var kerasClass: String { get }

  /// The options besides activations, which are written for all layers alike.
  var kerasConfig: KerasConfiguration { get }

  init(_ config: KerasArguments)
}

extension KerasLayer {
  static var kerasClass: String { typeName }
}

/// The options of a layer as Keras writes them, and the problems with those that Keras lacks.
struct KerasConfiguration {
  var values: [String: KerasValue]
  /// Parts that cannot be written, such as a custom regularizer.
  var problems: [String] = []

  init(_ values: [String: KerasValue] = [:]) { self.values = values }

  /// Adds options that hold parts: initializers where Keras has them; regularizers and constraints.
  ///
  /// - Parameter axes: All axes but the last of the parameters with the constraints.
  func with(
    initializers: [String: any Initializer] = [:],
    regularizers: [String: (any Regularizer)?] = [:],
    constraints: [String: (any Constraint)?] = [:], axes: [Int] = [0]
  ) -> KerasConfiguration {
    var copy = self
    for (key, part) in initializers { copy.values[key] = KerasParts.describe(part) }
    for case (let key, let part?) in regularizers {
      copy.set(key, KerasParts.describe(part), type(of: part).typeName)
    }
    for case (let key, let part?) in constraints {
      let value = KerasParts.describe(part, axes: key.hasPrefix("bias") ? [] : axes)
      copy.set(key, value, type(of: part).typeName)
    }
    return copy
  }

  private mutating func set(_ key: String, _ value: KerasValue?, _ type: String) {
    if let value { values[key] = value } else { problems.append("\(key): \(type)") }
  }
}

extension KerasValue {
  static func size(_ size: Size2D) -> KerasValue { .integers([size.height, size.width]) }

  static func edges(_ edges: Edges2D) -> KerasValue {
    .list([.integers([edges.top, edges.bottom]), .integers([edges.left, edges.right])])
  }
}

/// The layers by Keras's class; activations and nested networks are not among them.
enum KerasLayers {
  static let types: [String: any KerasLayer.Type] = {
    let types: [any KerasLayer.Type] = [
      ActivityRegularization.self, Add.self, Average.self, AveragePool2D.self,
      BatchNormalization.self, Concatenate.self, Conv2D.self, Conv2DTranspose.self,
      Cropping2D.self, Dense.self, DepthwiseConv2D.self, Dot.self, Dropout.self, Embedding.self,
      Flatten.self, GaussianDropout.self, GaussianNoise.self, GlobalAveragePooling1D.self,
      GlobalAveragePooling2D.self, GlobalMaxPooling1D.self, GlobalMaxPooling2D.self,
      GroupNormalization.self, LayerNormalization.self, Maximum.self, MaxPool2D.self, Minimum.self,
      MultiHeadAttention.self, Multiply.self, Normalization.self, Permute.self, PReLU.self,
      RepeatVector.self, Rescaling.self, Reshape.self, RMSNormalization.self, SeparableConv2D.self,
      SpatialDropout2D.self, Subtract.self, UnitNormalization.self, UpSampling2D.self,
      ZeroPadding2D.self,
    ]
    return Dictionary(uniqueKeysWithValues: types.map { ($0.kerasClass, $0) })
  }()

  /// A layer of Keras's class, made of its configuration; nil for a class that Pinion lacks.
  static func layer(_ className: String, _ config: KerasArguments) -> (any Layer)? {
    if className == "Dropout", let shape = config["noise_shape"] {
      // One number a sample.
      let ones = shape.list ?? []
      let isOneASample =
        ones.count > 1 && ones[0].integer == nil && ones.dropFirst().allSatisfy { $0.integer == 1 }
      if !isOneASample { config.fail("noise_shape") }
      return StochasticDepth(config.number("rate", 0), name: config.name)
    }
    if className == "Rescaling", let layer = Normalization(rescaling: config) { return layer }
    if let function = KerasActivations.function(className, config) {
      func layer(_ function: some ActivationFunction) -> Activation {
        Activation(function, name: config.name)
      }
      return layer(function)
    }
    return types[className]?.init(config)
  }

  /// The Keras layers that compute a layer in sequence, and the reasons why it cannot be written.
  static func parts(of layer: any Layer, rank: Int) -> (parts: [KerasPart], problems: [String]) {
    if let layer = layer as? Activation { return parts(of: layer.function) }
    if let layer = layer as? StochasticDepth {
      let shape: [KerasValue] = [.nothing] + [KerasValue](repeating: 1, count: rank)
      let config: [String: KerasValue] = [
        "rate": .number(layer.rate), "noise_shape": .list(shape),
      ]
      return ([KerasPart("Dropout", config)], [])
    }
    guard let known = layer as? any KerasLayer else {
      let name = type(of: layer).typeName
      return ([KerasPart(name, [:])], ["no such layer"])
    }
    let config = known.kerasConfig
    var (parts, problems) = (
      [KerasPart(type(of: known).kerasClass, config.values)], config.problems
    )
    if let function = layer.trailingActivation, !function.isIdentity {
      switch KerasActivations.form(function) {
      case .name(let name)?: parts[0].config["activation"] = .text(name)
      case .layer(let part)?: parts.append(part)
      case nil: problems.append("activation: \(type(of: function).typeName)")
      }
    }
    if let regularizer = layer.activityRegularizer, !(layer is ActivityRegularization) {
      if parts.count > 1, let penalty = regularizer as? L1L2 {
        // The penalty is on the output of the activation after the layer.
        let own = ActivityRegularization(l1: penalty.l1, l2: penalty.l2)
        parts.append(KerasPart(ActivityRegularization.kerasClass, own.kerasConfig.values))
      } else if parts.count == 1, let value = KerasParts.describe(regularizer) {
        parts[0].config["activity_regularizer"] = value
      } else {
        problems.append("activity_regularizer: \(type(of: regularizer).typeName)")
      }
    }
    return (parts, problems)
  }

  private static func parts(
    of function: any ActivationFunction
  ) -> (parts: [KerasPart], problems: [String]) {
    switch KerasActivations.form(function) {
    case .name(let name)?: ([KerasPart("Activation", ["activation": .text(name)])], [])
    case .layer(let part)?: ([part], [])
    case nil:
      ([KerasPart("Activation", [:])], ["activation: \(type(of: function).typeName)"])
    }
  }
}
