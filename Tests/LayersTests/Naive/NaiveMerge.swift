@testable import PinionTensor

/// The definition of merging inputs element by element as plain loops, in any precision: what the
/// fast one is compared with.
///
/// y[i] = f(x₀[i], x₁[i], …), where an input's element for i has the place of i along each axis of
/// the input's own, counted from the last, or 0 where that axis has the size 1.
struct NaiveMerge {
  private let inputs: [Shape]
  private let output: Shape

  init(inputs: [Shape], output: Shape) {
    self.inputs = inputs
    self.output = output
  }

  /// f of the elements that meet at each place of the output. inputs: samples of each input, one
  /// after the other.
  func forward<Number: BinaryFloatingPoint>(
    _ values: [[Number]], samples: Int, _ f: ([Number]) -> Number
  ) -> [Number] {
    (0..<samples * output.elementCount).map { place in
      f(inputs.indices.map { values[$0][self.place($0, of: place)] })
    }
  }

  /// The gradients of all inputs. df: the derivatives of f with respect to each of its arguments.
  func backward<Number: BinaryFloatingPoint>(
    _ values: [[Number]], outputGradient: [Number], samples: Int, _ df: ([Number]) -> [Number]
  ) -> [[Number]] {
    var gradients = values.map { [Number](repeating: 0, count: $0.count) }
    for place in 0..<samples * output.elementCount {
      let places = inputs.indices.map { self.place($0, of: place) }
      let derivatives = df(inputs.indices.map { values[$0][places[$0]] })
      for index in inputs.indices {
        gradients[index][places[index]] += derivatives[index] * outputGradient[place]
      }
    }
    return gradients
  }

  /// The place in input `index` of what meets at a place of the output.
  private func place(_ index: Int, of place: Int) -> Int {
    let shape = inputs[index]
    var (rest, result, stride) = (place, 0, 1)
    for distance in 1...max(1, output.rank) where output.rank > 0 {
      let size = output[output.rank - distance]
      let coordinate = rest % size
      rest /= size
      guard distance <= shape.rank else { continue }
      let own = shape[shape.rank - distance]
      if own > 1 { result += coordinate * stride }
      stride *= own
    }
    return rest * shape.elementCount + result
  }
}
