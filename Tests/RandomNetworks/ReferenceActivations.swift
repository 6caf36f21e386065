import Glibc
import PinionLayers

/// Activations and max pooling, the layers with kinks.
extension ReferenceNetwork {
  func activate(
    _ z: [Number], _ function: any ActivationFunction, width: Int
  ) -> [Number] {
    switch function {
    case is Linear: return z
    case is ReLU:
      noteKinks(z)
      return z.map { $0 > 0 ? $0 : 0 }
    case let function as LeakyReLU:
      noteKinks(z)
      return z.map { $0 > 0 ? $0 : Number(function.negativeSlope) * $0 }
    case is Sigmoid: return z.map { 1 / (1 + Number(exp(-Double($0)))) }
    case is Tanh: return z.map { Number(tanh(Double($0))) }
    case is Softmax: return softmax(z, width: width)
    default: fatalError("a reference of \(function)")
    }
  }

  /// dy·f′.
  func activationGradient(
    _ dy: [Number], _ function: any ActivationFunction, _ z: [Number], _ y: [Number], width: Int
  ) -> [Number] {
    switch function {
    case is Linear: return dy
    case is ReLU: return zip(dy, z).map { $1 > 0 ? $0 : 0 }
    case let function as LeakyReLU:
      return zip(dy, z).map { $1 > 0 ? $0 : Number(function.negativeSlope) * $0 }
    case is Sigmoid: return zip(dy, y).map { $0 * $1 * (1 - $1) }
    case is Tanh: return zip(dy, y).map { $0 * (1 - $1 * $1) }
    default:
      var dz = dy
      for row in stride(from: 0, to: y.count, by: width) {
        var dot: Number = 0
        for i in row..<row + width { dot += dy[i] * y[i] }
        for i in row..<row + width { dz[i] = y[i] * (dy[i] - dot) }
      }
      return dz
    }
  }

  func softmax(_ z: [Number], width: Int) -> [Number] {
    var y = z
    for row in stride(from: 0, to: z.count, by: width) {
      let largest = z[row..<row + width].max() ?? 0
      var sum: Number = 0
      for i in row..<row + width {
        y[i] = Number(exp(Double(z[i] - largest)))
        sum += y[i]
      }
      for i in row..<row + width { y[i] /= sum }
    }
    return y
  }

  /// The maximum of each window; the first one of equal values.
  func pool(_ x: [Number], _ windows: ReferenceWindows, _ trace: inout Trace) -> [Number] {
    let channels = windows.channels
    let count = batch * windows.outputHeight * windows.outputWidth * channels
    var origins = [Int](repeating: -1, count: count)
    windows.forEach(batch: batch) { output, input, _ in
      for c in 0..<channels {
        let (place, candidate) = (output * channels + c, input * channels + c)
        if origins[place] < 0 || x[candidate] > x[origins[place]] { origins[place] = candidate }
      }
    }
    let largest = Double(x.reduce(0) { max($0, $1.magnitude) })
    var gap = Double.infinity
    windows.forEach(batch: batch) { output, input, _ in
      for c in 0..<channels {
        let distance = Double(x[origins[output * channels + c]] - x[input * channels + c])
        if distance > 0 { gap = min(gap, distance) }
      }
    }
    margin = min(margin, gap / largest)
    trace.origins = origins
    return origins.map { x[$0] }
  }

  private func noteKinks(_ z: [Number]) {
    var (least, largest) = (Number.infinity, Number(0))
    for value in z where value != 0 {
      least = min(least, value.magnitude)
      largest = max(largest, value.magnitude)
    }
    if largest > 0 { margin = min(margin, Double(least / largest)) }
  }
}
