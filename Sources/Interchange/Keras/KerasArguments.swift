internal import PinionLayers
internal import PinionTensor

/// The configuration of a Keras object while it is read.
///
/// Every option that is not understood becomes a problem, so that one error names all of them.
/// Missing options have Keras's defaults.
final class KerasArguments {
  private let values: [String: KerasValue]
  private var used: Set<String> = [
    "name", "trainable", "seed", "quantization_config", "batch_input_shape", "autocast",
  ]
  /// What is not supported.
  private(set) var problems: [String] = []
  /// The name of the layer to be made.
  let name: String?
  /// The layer's arrays by index, such as adapted means.
  let arrays: (Int) throws -> [Float]?

  init(
    _ values: [String: KerasValue], name: String? = nil,
    arrays: @escaping (Int) throws -> [Float]? = { _ in nil }
  ) {
    (self.values, self.name, self.arrays) = (values, name, arrays)
  }

  /// The value; nil if it is missing or null.
  subscript(key: String) -> KerasValue? {
    used.insert(key)
    guard let value = values[key], value != .nothing else { return nil }
    return value
  }

  func fail(_ key: String) { problems.append("\(key): \((values[key] ?? .nothing).words)") }

  private func read<Value>(
    _ key: String, _ standard: Value, _ convert: (KerasValue) -> Value?
  ) -> Value {
    guard let value = self[key] else { return standard }
    guard let result = convert(value) else {
      fail(key)
      return standard
    }
    return result
  }

  /// Records a problem unless the value is missing, null, or one of those given.
  func require(_ key: String, _ allowed: KerasValue...) {
    if let value = self[key], !allowed.contains(value) { fail(key) }
  }

  func bool(_ key: String, _ standard: Bool) -> Bool { read(key, standard) { $0.truth } }

  func number(_ key: String, _ standard: Double) -> Double { read(key, standard) { $0.number } }

  func float(_ key: String, _ standard: Float) -> Float {
    read(key, standard) { $0.number.map { Float($0) } }
  }

  func text(_ key: String, _ standard: String) -> String { read(key, standard) { $0.text } }

  func integer(_ key: String, _ standard: Int? = nil) -> Int {
    if self[key] == nil, standard == nil { fail(key) }
    return read(key, standard ?? 1) { $0.integer }
  }

  func integers(_ key: String, _ standard: [Int]) -> [Int] {
    read(key, standard) { value in
      if let one = value.integer { return [one] }
      let all = value.list?.compactMap(\.integer)
      return all?.count == value.list?.count ? all : nil
    }
  }

  func size(_ key: String, _ standard: Size2D? = nil) -> Size2D {
    if self[key] == nil, standard == nil { fail(key) }
    let values = integers(key, standard.map { [$0.height, $0.width] } ?? [1])
    guard values.count == 1 || values.count == 2 else {
      fail(key)
      return 1
    }
    return Size2D(values[0], values[values.count - 1])
  }

  func padding(_ key: String = "padding") -> Padding {
    read(key, .valid) { $0.text.flatMap { Padding(rawValue: $0) } }
  }

  /// Widths of borders: one number, (vertical, horizontal), or ((top, bottom), (left, right)).
  func edges(_ key: String, _ standard: Edges2D) -> Edges2D {
    read(key, standard) { value in
      if let width = value.integer { return Edges2D(vertical: width, horizontal: width) }
      guard let list = value.list, list.count == 2 else { return nil }
      if let vertical = list[0].integer, let horizontal = list[1].integer {
        return Edges2D(vertical: vertical, horizontal: horizontal)
      }
      let sides = list.map { $0.list?.compactMap(\.integer) ?? [] }
      guard sides.allSatisfy({ $0.count == 2 }) else { return nil }
      return Edges2D(
        top: sides[0][0], bottom: sides[0][1], left: sides[1][0], right: sides[1][1])
    }
  }

  func activation(_ key: String = "activation") -> any ActivationFunction {
    read(key, Linear() as any ActivationFunction) { KerasActivations.function($0) }
  }

  func initializer(
    _ key: String, _ standard: any Initializer = VarianceScaling.glorotUniform
  ) -> any Initializer {
    // The parameters are read from the file, so an unknown initializer has no effect.
    self[key].flatMap { KerasParts.initializer($0) } ?? standard
  }

  func regularizer(_ key: String) -> (any Regularizer)? {
    guard let value = self[key] else { return nil }
    let regularizer = KerasParts.regularizer(value)
    if regularizer == nil { fail(key) }
    return regularizer
  }

  /// - Parameter axes: Those over which norms are taken: all but the last, as Pinion does.
  func constraint(_ key: String, axes: [Int]) -> (any Constraint)? {
    guard let value = self[key] else { return nil }
    let constraint = KerasParts.constraint(value, axes: axes)
    if constraint == nil { fail(key) }
    return constraint
  }

  /// Options that have no counterpart and must have their default values: `data_format` and
  /// `dtype`.
  private func requireStandard() {
    require("data_format", "channels_last")
    // Without a name: a quantized layer's.
    guard let type = self["dtype"] else { return }
    let name = type.text ?? type["config"]?["name"]?.text
    if !["float32", "int32", "int64", "uint8"].contains(name ?? "") {
      problems.append("dtype: \(name.map { KerasValue.text($0) }?.words ?? type.words)")
    }
  }

  /// All problems, including options that were not read and are neither null nor false.
  func finish() -> [String] {
    requireStandard()
    for (key, value) in values.sorted(by: { $0.key < $1.key })
    where !used.contains(key) && value != .nothing && value != .truth(false) {
      fail(key)
    }
    return problems
  }
}
