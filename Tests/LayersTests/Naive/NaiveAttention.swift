import Glibc

/// The definition of one head of attention on one sample as plain loops, in double precision: what
/// the fast one is compared with.
///
/// q: (T, K); k: (S, K); v: (S, V); y: (T, V). With a causal mask, query t meets keys up to t.
struct NaiveAttention {
  private let queries, keys, keyDim, valueDim: Int
  private let isCausal: Bool

  init(queries: Int, keys: Int, keyDim: Int, valueDim: Int, isCausal: Bool) {
    (self.queries, self.keys, self.keyDim, self.valueDim) = (queries, keys, keyDim, valueDim)
    self.isCausal = isCausal
  }

  /// P[t,s] = exp(q[t]·k[s] / √K) / Σₛ exp(q[t]·k[s] / √K).
  private func weights(q: [Double], k: [Double]) -> [Double] {
    var p = [Double](repeating: 0, count: queries * keys)
    for t in 0..<queries {
      var sum = 0.0
      for s in 0..<keys where !isCausal || s <= t {
        var score = 0.0
        for i in 0..<keyDim { score += q[t * keyDim + i] * k[s * keyDim + i] }
        p[t * keys + s] = exp(score / Double(keyDim).squareRoot())
        sum += p[t * keys + s]
      }
      for s in 0..<keys { p[t * keys + s] /= sum }
    }
    return p
  }

  /// y[t] = Σₛ P[t,s]·v[s].
  func forward(q: [Double], k: [Double], v: [Double]) -> [Double] {
    let p = weights(q: q, k: k)
    var y = [Double](repeating: 0, count: queries * valueDim)
    for t in 0..<queries {
      for s in 0..<keys {
        for i in 0..<valueDim { y[t * valueDim + i] += p[t * keys + s] * v[s * valueDim + i] }
      }
    }
    return y
  }

  /// The gradients of q, k and v.
  func backward(
    q: [Double], k: [Double], v: [Double], outputGradient dy: [Double]
  ) -> (q: [Double], k: [Double], v: [Double]) {
    let p = weights(q: q, k: k)
    var (dq, dk) = (q.map { _ in 0.0 }, k.map { _ in 0.0 })
    var dv = v.map { _ in 0.0 }
    for t in 0..<queries {
      var dp = [Double](repeating: 0, count: keys)
      for s in 0..<keys {
        for i in 0..<valueDim {
          dv[s * valueDim + i] += p[t * keys + s] * dy[t * valueDim + i]
          dp[s] += v[s * valueDim + i] * dy[t * valueDim + i]
        }
      }
      let mean = (0..<keys).reduce(0.0) { $0 + dp[$1] * p[t * keys + $1] }
      for s in 0..<keys {
        let ds = p[t * keys + s] * (dp[s] - mean) / Double(keyDim).squareRoot()
        for i in 0..<keyDim {
          dq[t * keyDim + i] += ds * k[s * keyDim + i]
          dk[s * keyDim + i] += ds * q[t * keyDim + i]
        }
      }
    }
    return (dq, dk, dv)
  }
}
