/// The definition of the normalizations of parts of a sample as plain loops, in any precision: what
/// the fast one is compared with.
///
/// y = γ·x̂ + β with x̂ = (x − μ)/√(v + ε); μ and v are the mean and the variance over a part, or 0
/// and the mean square.
struct NaivePartNormalization<Number: BinaryFloatingPoint> {
  /// The part that each element of a sample belongs to, and its place in γ and β.
  let parts, places: [Int]
  let epsilon: Number
  let isCentered: Bool

  init(parts: [Int], places: [Int], epsilon: Number, isCentered: Bool = true) {
    self.parts = parts
    self.places = places
    self.epsilon = epsilon
    self.isCentered = isCentered
  }

  /// x̂ of a sample, and 1/√(v + ε) of each part.
  func normalized(_ x: [Number]) -> (values: [Number], factors: [Number]) {
    let m = sums(x.map { _ in 1 })
    let mean = isCentered ? zip(sums(x), m).map { $0 / $1 } : m.map { _ in 0 }
    let d = x.indices.map { x[$0] - mean[parts[$0]] }
    let factors = zip(sums(d.map { $0 * $0 }), m).map { 1 / ($0 / $1 + epsilon).squareRoot() }
    return (d.indices.map { d[$0] * factors[parts[$0]] }, factors)
  }

  func forward(_ x: [Number], gamma: [Number], beta: [Number]) -> [Number] {
    let values = normalized(x).values
    return x.indices.map { gamma[places[$0]] * values[$0] + beta[places[$0]] }
  }

  /// dx = (g − mean(g) − x̂·mean(g·x̂))/√(v + ε) with g = γ·dy, dγ = Σ dy·x̂ and dβ = Σ dy of a
  /// sample; without the mean(g) where μ is 0.
  func backward(
    _ x: [Number], gamma: [Number], outputGradient dy: [Number]
  ) -> (input: [Number], gamma: [Number], beta: [Number]) {
    let (values, factors) = normalized(x)
    let m = sums(x.map { _ in 1 })
    let g = dy.indices.map { gamma[places[$0]] * dy[$0] }
    let (total, products) = (sums(g), sums(zip(g, values).map { $0 * $1 }))
    let dx = g.indices.map { i in
      let part = parts[i]
      let mean = isCentered ? total[part] / m[part] : 0
      return factors[part] * (g[i] - mean - values[i] * products[part] / m[part])
    }
    var (gammaGradient, betaGradient) = (gamma.map { _ in Number(0) }, gamma.map { _ in Number(0) })
    for i in dy.indices {
      gammaGradient[places[i]] += dy[i] * values[i]
      betaGradient[places[i]] += dy[i]
    }
    return (dx, gammaGradient, betaGradient)
  }

  private func sums(_ values: [Number]) -> [Number] {
    var sums = [Number](repeating: 0, count: (parts.max() ?? -1) + 1)
    for (i, value) in values.enumerated() { sums[parts[i]] += value }
    return sums
  }
}
