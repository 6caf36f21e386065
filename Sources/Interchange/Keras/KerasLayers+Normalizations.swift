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

  /// A `Rescaling` with numbers for each channel, as in the EfficientNets with ImageNet's weights:
  /// s·x + o = (x + o/s)/√(1/s²). Nil for one with numbers for all channels.
  init?(rescaling config: KerasArguments) {
    guard config["scale"]?.list != nil || config["offset"]?.list != nil else { return nil }
    func numbers(_ key: String, _ standard: Double) -> [Double] {
      guard let value = config[key] else { return [standard] }
      let numbers = (value.list ?? [value]).compactMap(\.number)
      if numbers.count != value.list?.count ?? 1 { config.fail(key) }
      return numbers
    }
    var (scales, offsets) = (numbers("scale", 1), numbers("offset", 0))
    let count = max(scales.count, offsets.count)
    if scales.count == 1 { scales = [Double](repeating: scales[0], count: count) }
    if offsets.count == 1 { offsets = [Double](repeating: offsets[0], count: count) }
    // Beyond, a deviation √(1/s²) is lost in single precision or below the smallest that divides.
    if !scales.allSatisfy({ 1e-15 < $0 && $0 < 1e6 }) { config.fail("scale") }
    if scales.count != offsets.count { config.fail("offset") }
    self.init(
      mean: zip(scales, offsets).map { Float(-$1 / $0) },
      variance: scales.map { Float(1 / ($0 * $0)) }, name: config.name)
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
