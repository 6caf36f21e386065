internal import PinionLayers
internal import PinionTensor

// Layers without kernels.

/// A layer without options.
private protocol PlainKerasLayer: KerasLayer {
  init(name: String?)
}

extension PlainKerasLayer {
  var kerasConfig: KerasConfiguration { KerasConfiguration() }

  init(_ config: KerasArguments) { self.init(name: config.name) }
}

extension Flatten: PlainKerasLayer {}
extension Add: PlainKerasLayer {}
extension Subtract: PlainKerasLayer {}
extension Multiply: PlainKerasLayer {}
extension Average: PlainKerasLayer {}
extension Maximum: PlainKerasLayer {}
extension Minimum: PlainKerasLayer {}

extension Concatenate: KerasLayer {
  var kerasConfig: KerasConfiguration { KerasConfiguration(["axis": .integer(axis)]) }

  init(_ config: KerasArguments) {
    self.init(axis: config.integer("axis", -1), name: config.name)
  }
}

extension Dot: KerasLayer {
  var kerasConfig: KerasConfiguration { KerasConfiguration(["axes": .integers(axes)]) }

  init(_ config: KerasArguments) {
    let axes = config.integers("axes", [-1])
    self.init(axes: axes.count == 1 ? [axes[0], axes[0]] : axes, name: config.name)
    if config.bool("normalize", false) { config.fail("normalize") }
  }
}

extension Reshape: KerasLayer {
  var kerasConfig: KerasConfiguration { KerasConfiguration(["target_shape": .integers(shape)]) }

  init(_ config: KerasArguments) {
    self.init(config.integers("target_shape", []), name: config.name)
  }
}

extension Permute: KerasLayer {
  var kerasConfig: KerasConfiguration { KerasConfiguration(["dims": .integers(axes)]) }

  init(_ config: KerasArguments) { self.init(config.integers("dims", []), name: config.name) }
}

extension RepeatVector: KerasLayer {
  var kerasConfig: KerasConfiguration { KerasConfiguration(["n": .integer(count)]) }

  init(_ config: KerasArguments) { self.init(config.integer("n"), name: config.name) }
}

extension ZeroPadding2D: KerasLayer {
  var kerasConfig: KerasConfiguration { KerasConfiguration(["padding": .edges(padding)]) }

  init(_ config: KerasArguments) { self.init(config.edges("padding", 1), name: config.name) }
}

extension Cropping2D: KerasLayer {
  var kerasConfig: KerasConfiguration { KerasConfiguration(["cropping": .edges(cropping)]) }

  init(_ config: KerasArguments) { self.init(config.edges("cropping", 0), name: config.name) }
}

extension UpSampling2D: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration([
      "size": .size(size), "interpolation": .text(interpolation.rawValue),
    ])
  }

  init(_ config: KerasArguments) {
    let name = config.text("interpolation", "nearest")
    let interpolation = Interpolation(rawValue: name)
    if interpolation == nil { config.fail("interpolation") }
    self.init(
      config.size("size", 2), interpolation: interpolation ?? .nearest, name: config.name)
  }
}

// MARK: Pooling

extension MaxPool2D: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration([
      "pool_size": .size(pool), "strides": .size(stride), "padding": .text(padding.rawValue),
    ])
  }

  init(_ config: KerasArguments) {
    let pool = config.size("pool_size", 2)
    self.init(
      pool, stride: config.size("strides", pool), padding: config.padding(), name: config.name)
  }
}

extension AveragePool2D: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration([
      "pool_size": .size(pool), "strides": .size(stride), "padding": .text(padding.rawValue),
    ])
  }

  init(_ config: KerasArguments) {
    let pool = config.size("pool_size", 2)
    self.init(
      pool, stride: config.size("strides", pool), padding: config.padding(), name: config.name)
  }
}

/// Global pooling.
private protocol GlobalKerasLayer: KerasLayer {
  var keepDims: Bool { get }
  init(keepDims: Bool, name: String?)
}

extension GlobalKerasLayer {
  var kerasConfig: KerasConfiguration { KerasConfiguration(["keepdims": .truth(keepDims)]) }

  init(_ config: KerasArguments) {
    self.init(keepDims: config.bool("keepdims", false), name: config.name)
  }
}

extension GlobalAveragePooling1D: GlobalKerasLayer {}
extension GlobalAveragePooling2D: GlobalKerasLayer {}
extension GlobalMaxPooling1D: GlobalKerasLayer {}
extension GlobalMaxPooling2D: GlobalKerasLayer {}

// MARK: Noise

/// A noise layer with a rate.
private protocol NoisyKerasLayer: KerasLayer {
  var rate: Double { get }
  init(_ rate: Double, name: String?)
}

extension NoisyKerasLayer {
  var kerasConfig: KerasConfiguration { KerasConfiguration(["rate": .number(rate)]) }

  init(_ config: KerasArguments) { self.init(config.number("rate", 0.5), name: config.name) }
}

extension Dropout: NoisyKerasLayer {}
extension SpatialDropout2D: NoisyKerasLayer {}
extension GaussianDropout: NoisyKerasLayer {}

extension GaussianNoise: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration(["stddev": .number(standardDeviation)])
  }

  init(_ config: KerasArguments) { self.init(config.number("stddev", 0), name: config.name) }
}

extension ActivityRegularization: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration(["l1": .number(l1), "l2": .number(l2)])
  }

  init(_ config: KerasArguments) {
    self.init(l1: config.number("l1", 0), l2: config.number("l2", 0), name: config.name)
  }
}

extension PReLU: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration(["shared_axes": sharedAxes.isEmpty ? .nothing : .integers(sharedAxes)])
      .with(initializers: ["alpha_initializer": alphaInitializer])
  }

  init(_ config: KerasArguments) {
    self.init(sharedAxes: config.integers("shared_axes", []), name: config.name)
    alphaInitializer = config.initializer("alpha_initializer", ConstantInitializer.zeros)
  }
}
