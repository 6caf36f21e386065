import Glibc
import PinionLayers

/// Activations, and what follows a layer's products.
extension ReferenceNetwork {
  /// A function of a number, and its slope from the argument and the value.
  struct Curve {
    let value: (Number) -> Number
    let slope: (_ z: Number, _ y: Number) -> Number
    var kinks: [Number] = []
  }

  func activation(_ layer: any Layer, _ call: Call) -> Result? {
    switch layer {
    case let layer as Activation:
      return activated(call, call.x, layer.function, call.shape) { [$0] }
    case let layer as PReLU: return rectified(layer, call)
    default: return nil
    }
  }

  /// f(z), and what `backward` makes of its gradient with respect to z.
  func activated(
    _ call: Call, _ z: [Number], _ function: any ActivationFunction, _ shape: [Int],
    _ backward: @escaping ([Number]) -> [[Number]]
  ) -> Result {
    let width = shape[shape.count - 1]
    let output = graph.outputs.firstIndex(of: call.node.output)
    if let output { arguments[output] = z }
    if let output, areFromArguments[output] {
      // The loss gives the gradient with respect to z.
      return Result(
        shape: shape, values: values(of: function, z, width: width), backward: backward)
    }
    let y = values(of: function, z, width: width)
    return Result(shape: shape, values: y) { [self] dy in
      switch function {
      case is Softmax: return backward(softmaxGradient(dy, y, width: width))
      case is LogSoftmax:
        var dz = dy
        for row in stride(from: 0, to: y.count, by: width) {
          let sum = dy[row..<row + width].reduce(Number(0), +)
          for i in row..<row + width { dz[i] = dy[i] - Number(exp(Double(y[i]))) * sum }
        }
        return backward(dz)
      default:
        let slope = curve(function).slope
        return backward(dy.indices.map { dy[$0] * slope(z[$0], y[$0]) })
      }
    }
  }

  private func values(
    of function: any ActivationFunction, _ z: [Number], width: Int
  ) -> [Number] {
    switch function {
    case is Softmax: return softmax(z, width: width)
    case is LogSoftmax:
      return stride(from: 0, to: z.count, by: width).flatMap { row in
        let largest = z[row..<row + width].max() ?? 0
        let sum = z[row..<row + width].reduce(0.0) { $0 + exp(Double($1 - largest)) }
        return z[row..<row + width].map { $0 - largest - Number(log(sum)) }
      }
    default:
      let curve = curve(function)
      noteKinks(z, at: curve.kinks)
      return z.map(curve.value)
    }
  }

  private func curve(_ function: any ActivationFunction) -> Curve {
    func unit(_ slope: Double, _ height: Double, _ rate: Double) -> Curve {
      Curve(
        value: { $0 > 0 ? Number(slope) * $0 : Number(height * expm1(rate * Double($0))) },
        slope: { $0 > 0 ? Number(slope) : Number(rate) * ($1 + Number(height)) }, kinks: [0])
    }
    switch function {
    case is Linear: return Curve(value: { $0 }, slope: { _, _ in 1 })
    case is ReLU: return Curve(value: { max($0, 0) }, slope: { z, _ in z > 0 ? 1 : 0 }, kinks: [0])
    case let function as LeakyReLU:
      let below = Number(function.negativeSlope)
      return Curve(
        value: { $0 > 0 ? $0 : below * $0 }, slope: { z, _ in z > 0 ? 1 : below }, kinks: [0])
    case is ReLU6:
      return Curve(
        value: { min(max($0, 0), 6) }, slope: { z, _ in z > 0 && z < 6 ? 1 : 0 }, kinks: [0, 6])
    case is Sigmoid:
      return Curve(
        value: { Number(1 / (1 + exp(-Double($0)))) }, slope: { _, y in y * (1 - y) })
    case is Tanh:
      return Curve(value: { Number(tanh(Double($0))) }, slope: { _, y in 1 - y * y })
    case is HardSigmoid:
      return Curve(
        value: { min(max($0 / 6 + 0.5, 0), 1) }, slope: { z, _ in abs(z) < 3 ? 1 / 6 : 0 },
        kinks: [-3, 3])
    case is HardSwish:
      return Curve(
        value: { $0 * min(max($0 / 6 + 0.5, 0), 1) },
        slope: { z, _ in z <= -3 ? 0 : z >= 3 ? 1 : z / 3 + 0.5 }, kinks: [-3, 3])
    case is Softsign:
      return Curve(
        value: { $0 / (1 + abs($0)) }, slope: { _, y in (1 - abs(y)) * (1 - abs(y)) })
    case is Softplus:
      return Curve(
        value: { Number(max(Double($0), 0) + log1p(exp(-abs(Double($0))))) },
        slope: { z, _ in Number(1 / (1 + exp(-Double(z)))) })
    case is Exponential: return Curve(value: { Number(exp(Double($0))) }, slope: { _, y in y })
    case let function as ELU: return unit(1, Double(function.alpha), 1)
    case let function as CELU:
      return unit(1, Double(function.alpha), 1 / Double(function.alpha))
    case is SELU: return unit(1.0507009873554805, 1.7580993408473766, 1)
    case is SiLU:
      return Curve(
        value: { Number(Double($0) / (1 + exp(-Double($0)))) },
        slope: { z, _ in
          let sigmoid = 1 / (1 + exp(-Double(z)))
          return Number(sigmoid * (1 + Double(z) * (1 - sigmoid)))
        })
    case is Mish:
      return Curve(
        value: { Number(Double($0) * tanh(log1p(exp(Double($0))))) },
        slope: { z, _ in
          let t = tanh(log1p(exp(Double(z))))
          return Number(t + Double(z) * (1 - t * t) / (1 + exp(-Double(z))))
        })
    case let function as GELU: return function.approximate ? approximateGELU : exactGELU
    default: fatalError("a reference of \(function)")
    }
  }

  private var exactGELU: Curve {
    Curve(
      value: { Number(Double($0) / 2 * erfc(-Double($0) / 2.0.squareRoot())) },
      slope: { z, _ in
        let z = Double(z)
        return Number(
          erfc(-z / 2.0.squareRoot()) / 2 + z * exp(-z * z / 2) / (2 * Double.pi).squareRoot())
      })
  }

  private var approximateGELU: Curve {
    let factor = (2 / Double.pi).squareRoot()
    return Curve(
      value: {
        let z = Double($0)
        return Number(z / 2 * (1 + tanh(factor * (z + 0.044715 * z * z * z))))
      },
      slope: { z, _ in
        let z = Double(z)
        let t = tanh(factor * (z + 0.044715 * z * z * z))
        return Number((1 + t + z * (1 - t * t) * factor * (1 + 0.134145 * z * z)) / 2)
      })
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

  func softmaxGradient(_ dy: [Number], _ y: [Number], width: Int) -> [Number] {
    var dz = dy
    for row in stride(from: 0, to: y.count, by: width) {
      var dot: Number = 0
      for i in row..<row + width { dot += dy[i] * y[i] }
      for i in row..<row + width { dz[i] = y[i] * (dy[i] - dot) }
    }
    return dz
  }

  /// y = x for x > 0, else α·x.
  private func rectified(_ layer: PReLU, _ call: Call) -> Result {
    let (x, alpha) = (call.x, parameter(call, "alpha") ?? [])
    noteKinks(x)
    let own = call.shape.enumerated().map { layer.sharedAxes.contains($0 + 1) ? 1 : $1 }
    let size = call.shape.reduce(1, *)
    let origins = (0..<size).map { element in
      let places = Self.indices(of: element, in: call.shape)
      return Self.element(at: zip(places, own).map { $1 == 1 ? 0 : $0 }, in: own)
    }
    let values = x.indices.map { x[$0] > 0 ? x[$0] : alpha[origins[$0 % size]] * x[$0] }
    return Result(shape: call.shape, values: values) { [self] dy in
      var sum = Sum(count: alpha.count)
      for i in dy.indices where x[i] <= 0 { sum.add(dy[i] * x[i], at: origins[i % size]) }
      record(call, "alpha", sum)
      return [dy.indices.map { x[$0] > 0 ? dy[$0] : alpha[origins[$0 % size]] * dy[$0] }]
    }
  }
}
