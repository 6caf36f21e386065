internal import PinionLayers
internal import PinionTensor

// Layers with kernels.

extension Dense: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration(["units": .integer(units), "use_bias": .truth(usesBias)]).with(
      initializers: ["kernel_initializer": kernelInitializer, "bias_initializer": biasInitializer],
      regularizers: ["kernel_regularizer": kernelRegularizer, "bias_regularizer": biasRegularizer],
      constraints: ["kernel_constraint": kernelConstraint, "bias_constraint": biasConstraint])
  }

  init(_ config: KerasArguments) {
    self.init(config.integer("units"), name: config.name)
    activation = config.activation()
    usesBias = config.bool("use_bias", true)
    kernelInitializer = config.initializer("kernel_initializer")
    biasInitializer = config.initializer("bias_initializer", ConstantInitializer.zeros)
    kernelRegularizer = config.regularizer("kernel_regularizer")
    biasRegularizer = config.regularizer("bias_regularizer")
    activityRegularizer = config.regularizer("activity_regularizer")
    kernelConstraint = config.constraint("kernel_constraint", axes: [0])
    biasConstraint = config.constraint("bias_constraint", axes: [])
  }
}

extension Conv2D: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration([
      "filters": .integer(filters), "kernel_size": .size(kernel), "strides": .size(stride),
      "padding": .text(padding.rawValue), "dilation_rate": .size(dilation),
      "groups": .integer(groups), "use_bias": .truth(usesBias),
    ]).with(
      initializers: ["kernel_initializer": kernelInitializer, "bias_initializer": biasInitializer],
      regularizers: ["kernel_regularizer": kernelRegularizer, "bias_regularizer": biasRegularizer],
      constraints: ["kernel_constraint": kernelConstraint, "bias_constraint": biasConstraint],
      axes: [0, 1, 2])
  }

  init(_ config: KerasArguments) {
    self.init(
      config.integer("filters"), kernel: config.size("kernel_size"), name: config.name)
    stride = config.size("strides", 1)
    padding = config.padding()
    dilation = config.size("dilation_rate", 1)
    groups = config.integer("groups", 1)
    activation = config.activation()
    usesBias = config.bool("use_bias", true)
    kernelInitializer = config.initializer("kernel_initializer")
    biasInitializer = config.initializer("bias_initializer", ConstantInitializer.zeros)
    kernelRegularizer = config.regularizer("kernel_regularizer")
    biasRegularizer = config.regularizer("bias_regularizer")
    activityRegularizer = config.regularizer("activity_regularizer")
    kernelConstraint = config.constraint("kernel_constraint", axes: [0, 1, 2])
    biasConstraint = config.constraint("bias_constraint", axes: [])
  }
}

extension DepthwiseConv2D: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration([
      "kernel_size": .size(kernel), "strides": .size(stride), "padding": .text(padding.rawValue),
      "depth_multiplier": .integer(depthMultiplier), "dilation_rate": .size(dilation),
      "use_bias": .truth(usesBias),
    ]).with(
      initializers: [
        "depthwise_initializer": kernelInitializer, "bias_initializer": biasInitializer,
      ],
      regularizers: [
        "depthwise_regularizer": kernelRegularizer, "bias_regularizer": biasRegularizer,
      ],
      constraints: ["depthwise_constraint": kernelConstraint, "bias_constraint": biasConstraint],
      axes: [0, 1, 2])
  }

  init(_ config: KerasArguments) {
    self.init(kernel: config.size("kernel_size"), name: config.name)
    stride = config.size("strides", 1)
    padding = config.padding()
    // Keras 2 writes the option of the superclass.
    config.require("groups", 1)
    depthMultiplier = config.integer("depth_multiplier", 1)
    dilation = config.size("dilation_rate", 1)
    activation = config.activation()
    usesBias = config.bool("use_bias", true)
    kernelInitializer = config.initializer("depthwise_initializer")
    biasInitializer = config.initializer("bias_initializer", ConstantInitializer.zeros)
    kernelRegularizer = config.regularizer("depthwise_regularizer")
    biasRegularizer = config.regularizer("bias_regularizer")
    activityRegularizer = config.regularizer("activity_regularizer")
    kernelConstraint = config.constraint("depthwise_constraint", axes: [0, 1, 2])
    biasConstraint = config.constraint("bias_constraint", axes: [])
  }
}

extension SeparableConv2D: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration([
      "filters": .integer(filters), "kernel_size": .size(kernel), "strides": .size(stride),
      "padding": .text(padding.rawValue), "depth_multiplier": .integer(depthMultiplier),
      "dilation_rate": .size(dilation), "use_bias": .truth(usesBias),
    ]).with(
      initializers: [
        "depthwise_initializer": depthwiseInitializer,
        "pointwise_initializer": pointwiseInitializer, "bias_initializer": biasInitializer,
      ],
      regularizers: [
        "depthwise_regularizer": depthwiseRegularizer,
        "pointwise_regularizer": pointwiseRegularizer, "bias_regularizer": biasRegularizer,
      ],
      constraints: [
        "depthwise_constraint": depthwiseConstraint, "pointwise_constraint": pointwiseConstraint,
        "bias_constraint": biasConstraint,
      ], axes: [0, 1, 2])
  }

  init(_ config: KerasArguments) {
    self.init(config.integer("filters"), kernel: config.size("kernel_size"), name: config.name)
    stride = config.size("strides", 1)
    padding = config.padding()
    // Keras 2 writes the options of the superclass.
    config.require("groups", 1)
    _ = config["kernel_initializer"]
    depthMultiplier = config.integer("depth_multiplier", 1)
    dilation = config.size("dilation_rate", 1)
    activation = config.activation()
    usesBias = config.bool("use_bias", true)
    depthwiseInitializer = config.initializer("depthwise_initializer")
    pointwiseInitializer = config.initializer("pointwise_initializer")
    biasInitializer = config.initializer("bias_initializer", ConstantInitializer.zeros)
    depthwiseRegularizer = config.regularizer("depthwise_regularizer")
    pointwiseRegularizer = config.regularizer("pointwise_regularizer")
    biasRegularizer = config.regularizer("bias_regularizer")
    activityRegularizer = config.regularizer("activity_regularizer")
    depthwiseConstraint = config.constraint("depthwise_constraint", axes: [0, 1, 2])
    pointwiseConstraint = config.constraint("pointwise_constraint", axes: [0, 1, 2])
    biasConstraint = config.constraint("bias_constraint", axes: [])
  }
}

extension Conv2DTranspose: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration([
      "filters": .integer(filters), "kernel_size": .size(kernel), "strides": .size(stride),
      "padding": .text(padding.rawValue),
      "output_padding": outputPadding.map { .size($0) } ?? .nothing, "use_bias": .truth(usesBias),
    ]).with(
      initializers: ["kernel_initializer": kernelInitializer, "bias_initializer": biasInitializer],
      regularizers: ["kernel_regularizer": kernelRegularizer, "bias_regularizer": biasRegularizer],
      constraints: ["kernel_constraint": kernelConstraint, "bias_constraint": biasConstraint],
      axes: [0, 1, 2])
  }

  init(_ config: KerasArguments) {
    self.init(config.integer("filters"), kernel: config.size("kernel_size"), name: config.name)
    stride = config.size("strides", 1)
    padding = config.padding()
    outputPadding = config["output_padding"] == nil ? nil : config.size("output_padding")
    activation = config.activation()
    usesBias = config.bool("use_bias", true)
    kernelInitializer = config.initializer("kernel_initializer")
    biasInitializer = config.initializer("bias_initializer", ConstantInitializer.zeros)
    kernelRegularizer = config.regularizer("kernel_regularizer")
    biasRegularizer = config.regularizer("bias_regularizer")
    activityRegularizer = config.regularizer("activity_regularizer")
    kernelConstraint = config.constraint("kernel_constraint", axes: [0, 1, 2])
    biasConstraint = config.constraint("bias_constraint", axes: [])
    if config.size("dilation_rate", 1) != 1 { config.fail("dilation_rate") }
    config.require("groups", 1)
  }
}

extension Embedding: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration(["input_dim": .integer(inputDim), "output_dim": .integer(outputDim)]).with(
      initializers: ["embeddings_initializer": embeddingsInitializer],
      regularizers: ["embeddings_regularizer": embeddingsRegularizer],
      constraints: ["embeddings_constraint": embeddingsConstraint])
  }

  init(_ config: KerasArguments) {
    self.init(config.integer("input_dim"), config.integer("output_dim"), name: config.name)
    embeddingsInitializer = config.initializer(
      "embeddings_initializer", RandomUniform.randomUniform)
    embeddingsRegularizer = config.regularizer("embeddings_regularizer")
    embeddingsConstraint = config.constraint("embeddings_constraint", axes: [0])
    // Both repeat the shapes.
    _ = (config["input_length"], config["batch_input_shape"])
  }
}

extension MultiHeadAttention: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration([
      "num_heads": .integer(heads), "key_dim": .integer(keyDim), "value_dim": .integer(valueDim),
      "dropout": .number(dropout), "use_bias": .truth(usesBias),
      "output_shape": outputDim.map { .integers([$0]) } ?? .nothing,
    ]).with(
      initializers: ["kernel_initializer": kernelInitializer, "bias_initializer": biasInitializer],
      regularizers: ["kernel_regularizer": kernelRegularizer, "bias_regularizer": biasRegularizer],
      constraints: ["kernel_constraint": kernelConstraint, "bias_constraint": biasConstraint],
      axes: [0, 1])
  }

  init(_ config: KerasArguments) {
    self.init(config.integer("num_heads"), keyDim: config.integer("key_dim"), name: config.name)
    valueDim = config.integer("value_dim", keyDim)
    let output = config.integers("output_shape", [])
    if output.count > 1 { config.fail("output_shape") }
    outputDim = output.first
    dropout = config.number("dropout", 0)
    usesBias = config.bool("use_bias", true)
    usesCausalMask = config.bool("use_causal_mask", false)
    kernelInitializer = config.initializer("kernel_initializer")
    biasInitializer = config.initializer("bias_initializer", ConstantInitializer.zeros)
    kernelRegularizer = config.regularizer("kernel_regularizer")
    biasRegularizer = config.regularizer("bias_regularizer")
    activityRegularizer = config.regularizer("activity_regularizer")
    kernelConstraint = config.constraint("kernel_constraint", axes: [0, 1])
    biasConstraint = config.constraint("bias_constraint", axes: [])
    config.require("attention_axes", .integers([1]), 1)
    config.require("flash_attention", .nothing)
    // Keras 2 writes the shapes for its inner layers.
    for key in ["query_shape", "key_shape", "value_shape"] { _ = config[key] }
  }
}
