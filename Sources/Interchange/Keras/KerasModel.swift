internal import PinionLayers
internal import PinionTensor

/// A network as Keras's configurations describe it: layers, with inputs and nested models among
/// them, and their calls.
final class KerasModel {
  /// An output of a call.
  struct Value: Hashable {
    let layer: Int
    let call: Int
    var output = 0
  }

  struct Call {
    var inputs: [Value]
    /// The shapes of the outputs for one sample; only of models that are written.
    var shapes: [Shape] = []
    /// Whether the inputs are one argument, a list.
    var isList = false
    var options: [String: KerasValue] = [:]
  }

  struct Layer {
    var part: KerasPart
    var name: String
    var isTrainable = true
    /// The nested model.
    var model: KerasModel?
    /// Equal in several models for the same layer.
    var sharing: Int?
    /// The layer of the outermost graph of Pinion that holds the parameters.
    var source: LayerID?
    var calls: [Call] = []
    /// The folder of the arrays in the file; nil for a layer that an outer model contains already.
    var folder: [String]?
    /// The paths of the mean and the variance of a `Normalization` in a file without folders.
    var statistics: [String] = []

    var isInput: Bool { part.className == "InputLayer" }
  }

  var name: String
  var isChain: Bool
  var layers: [Layer] = []
  var inputs: [Value] = []
  var outputs: [Value] = []
  /// Whether its nodes are in the form of Keras 2.
  var isKeras2 = false

  init(name: String, isChain: Bool) { (self.name, self.isChain) = (name, isChain) }

  var className: String { isChain ? "Sequential" : "Functional" }

  /// Whether calls of the model are counted from 1 in an outer one: the call that made it is 0.
  func isCountedFromOne(_ isKeras2: Bool) -> Bool {
    !isChain || isKeras2 && layers.first?.part.config["name"] != nil
  }

  /// The module under which Keras finds the class.
  var module: String { isChain ? "keras" : "keras.src.models.functional" }

  // MARK: Order

  /// Arranges the layers as Keras does: those of a chain as they follow each other; else by the
  /// longest path to an output, the longest first, and in the order in which Keras reaches them
  /// from the outputs.
  func arrange() {
    for layer in layers { layer.model?.arrange() }
    guard !isChain else { return }
    var places: [Int: Int] = [:]
    var finished: Set<Value> = []
    var ordered: [Value] = []
    // An explicit stack: a call, and how many of its inputs have been visited.
    for output in outputs {
      var stack: [(call: Value, next: Int)] = [(output.ofCall, 0)]
      while let (call, next) = stack.popLast() {
        if next == 0, finished.contains(call) { continue }
        if places[call.layer] == nil { places[call.layer] = places.count }
        let inputs = layers[call.layer].calls[call.call].inputs
        if next < inputs.count {
          stack.append((call, next + 1))
          if !finished.contains(inputs[next].ofCall) { stack.append((inputs[next].ofCall, 0)) }
        } else if finished.insert(call).inserted {
          ordered.append(call)
        }
      }
    }
    var callDepths: [Value: Int] = [:]
    var depths = [Int](repeating: 0, count: layers.count)
    for call in ordered.reversed() {
      let depth = max(callDepths[call] ?? 0, depths[call.layer])
      (depths[call.layer], callDepths[call]) = (depth, depth)
      for input in layers[call.layer].calls[call.call].inputs {
        callDepths[input.ofCall] = max(depth + 1, callDepths[input.ofCall] ?? 0)
      }
    }
    let order = layers.indices.sorted { a, b in
      depths[a] != depths[b] ? depths[a] > depths[b] : (places[a] ?? 0) < (places[b] ?? 0)
    }
    var moved = [Int](repeating: 0, count: layers.count)
    for (new, old) in order.enumerated() { moved[old] = new }
    func move(_ value: Value) -> Value {
      Value(layer: moved[value.layer], call: value.call, output: value.output)
    }
    layers = order.map { layers[$0] }
    for index in layers.indices {
      for call in layers[index].calls.indices {
        layers[index].calls[call].inputs = layers[index].calls[call].inputs.map(move)
      }
    }
    (inputs, outputs) = (inputs.map(move), outputs.map(move))
  }

  /// Sets the folders of the layers' arrays. A folder's name is derived from the layer's class and
  /// its index among the layers of that class, not from the layer's name: `layers/conv2d_1` is that
  /// of the second convolution.
  func setFolders() {
    var known: Set<Int> = []
    setFolders(below: [], &known)
  }

  private func setFolders(below path: [String], _ known: inout Set<Int>) {
    var counts: [String: Int] = [:]
    for index in layers.indices {
      let layer = layers[index]
      // Functions do not count as layers; nor does a chain's input, which has no effect.
      if layer.part.isFunction, layer.model == nil { continue }
      let kind = Self.snakeCase(layer.model?.className ?? layer.part.className)
      let count = counts[kind, default: 0]
      counts[kind] = count + 1
      if let sharing = layer.sharing, !known.insert(sharing).inserted { continue }
      let folder = path + ["layers", count == 0 ? kind : "\(kind)_\(count)"]
      layers[index].folder = folder
      layer.model?.setFolders(below: folder, &known)
    }
  }

  /// `Conv2D` → `conv2d`, `BatchNormalization` → `batch_normalization`, `PReLU` → `p_re_lu`.
  static func snakeCase(_ name: String) -> String {
    let letters = Array(name)
    var result = ""
    for (index, letter) in letters.enumerated() {
      if index > 0, letter.isUppercase {
        let (before, after) = (
          letters[index - 1], index + 1 < letters.count ? letters[index + 1] : nil
        )
        // Before a capital and small letters, and between a small letter and a capital.
        if after?.isLowercase == true || before.isLowercase { result += "_" }
      }
      result += letter.lowercased()
    }
    return result
  }
}

extension KerasModel.Value {
  /// The same for all outputs of a call.
  var ofCall: KerasModel.Value { .init(layer: layer, call: call) }
}

extension KerasModel.Layer {
  /// The path of an array of a layer that has no parameters.
  func path(ofArray index: Int) -> String? {
    if let folder { return (folder + ["vars", "\(index)"]).joined(separator: "/") }
    return statistics.indices.contains(index) ? statistics[index] : nil
  }

  /// The path of each parameter's array by the parameter's name in the layer, such as `kernel`.
  func paths(of parameters: [Parameter]) -> [(parameter: String, path: [String])] {
    guard let folder else { return [] }
    var indices: [String: Int] = [:]
    return parameters.map { parameter in
      // Those of an attention are the layers inside it: `query/kernel` is `query_dense/vars/0`.
      let parts = parameter.name.split(separator: "/").map(String.init)
      let inner = parts.count < 2 ? "" : parts[0] == "attention_output" ? "output" : parts[0]
      let index = indices[inner, default: 0]
      indices[inner] = index + 1
      return (
        parameter.name,
        folder + (inner.isEmpty ? [] : ["\(inner)_dense"]) + ["vars", "\(index)"]
      )
    }
  }
}
