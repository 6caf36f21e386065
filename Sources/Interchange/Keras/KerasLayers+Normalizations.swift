internal import PinionLayers
internal import PinionTensor

extension BatchNormalization: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration([
      "axis": .integer(axis), "momentum": .number(momentum), "epsilon": .number(epsilon),
      "center": .truth(center), "scale": .truth(scale),
    ])
  }

  init(_ config: KerasArguments) {
    let axes = config.integers("axis", [-1])
    if axes.count != 1 { config.fail("axis") }
    self.init(
      axis: axes.first ?? -1, momentum: config.number("momentum", 0.99),
      epsilon: config.number("epsilon", 1e-3), center: config.bool("center", true),
      scale: config.bool("scale", true), name: config.name)
    config.ignoreInitializers("beta", "gamma", "moving_mean", "moving_variance")
    // Has no effect without `renorm`.
    _ = config["renorm_momentum"]
  }
}

extension LayerNormalization: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration([
      "axis": .integers(axes), "epsilon": .number(epsilon), "center": .truth(center),
      "scale": .truth(scale),
    ])
  }

  init(_ config: KerasArguments) {
    self.init(
      axes: config.integers("axis", [-1]), epsilon: config.number("epsilon", 1e-3),
      center: config.bool("center", true), scale: config.bool("scale", true), name: config.name)
    config.ignoreInitializers("beta", "gamma")
  }
}

extension GroupNormalization: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration([
      "groups": .integer(groups), "axis": .integer(axis), "epsilon": .number(epsilon),
      "center": .truth(center), "scale": .truth(scale),
    ])
  }

  init(_ config: KerasArguments) {
    self.init(
      groups: config.integer("groups", 32), axis: config.integer("axis", -1),
      epsilon: config.number("epsilon", 1e-3), center: config.bool("center", true),
      scale: config.bool("scale", true), name: config.name)
    config.ignoreInitializers("beta", "gamma")
  }
}

extension RMSNormalization: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration(["axis": .integer(axis), "epsilon": .number(epsilon)])
  }

  init(_ config: KerasArguments) {
    let axes = config.integers("axis", [-1])
    if axes.count != 1 { config.fail("axis") }
    self.init(
      axis: axes.first ?? -1, epsilon: config.number("epsilon", 1e-6), name: config.name)
  }
}

extension UnitNormalization: KerasLayer {
  var kerasConfig: KerasConfiguration { KerasConfiguration(["axis": .integers(axes)]) }

  init(_ config: KerasArguments) {
    self.init(axes: config.integers("axis", [-1]), name: config.name)
  }
}

extension Rescaling: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration(["scale": .float(scale), "offset": .float(offset)])
  }

  init(_ config: KerasArguments) {
    self.init(config.float("scale", 1), offset: config.float("offset", 0), name: config.name)
  }
}

extension Normalization: KerasLayer {
  var kerasConfig: KerasConfiguration {
    KerasConfiguration([
      "axis": .integer(axis), "mean": .list(mean.map { .float($0) }),
      "variance": .list(variance.map { .float($0) }),
    ])
  }

  init(_ config: KerasArguments) {
    let axes = config.integers("axis", [-1])
    if axes.count != 1 { config.fail("axis") }
    // Given, or adapted: arrays of the layer.
    func numbers(_ key: String, _ index: Int) -> [Float] {
      guard let given = config[key] else { return (try? config.arrays(index)) ?? [] }
      let numbers = Self.flat(given)
      if numbers == nil { config.fail(key) }
      return numbers ?? []
    }
    self.init(
      mean: numbers("mean", 0), variance: numbers("variance", 1), axis: axes.first ?? -1,
      name: config.name)
    if config.bool("invert", false) { config.fail("invert") }
  }

  private static func flat(_ value: KerasValue) -> [Float]? {
    var (pending, numbers) = ([value], [Float]())
    while let next = pending.popLast() {
      if let list = next.list {
        pending += list.reversed()
      } else if let number = next.number {
        numbers.append(Float(number))
      } else {
        return nil
      }
    }
    return numbers
  }
}

extension KerasArguments {
  /// Initial values of vectors, which the file's replace.
  fileprivate func ignoreInitializers(_ names: String...) {
    for name in names { _ = self["\(name)_initializer"] }
  }
}
