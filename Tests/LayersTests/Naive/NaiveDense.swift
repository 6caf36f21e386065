/// The definition of a fully connected layer as plain loops, in any precision, the reference of
/// the fast one.
///
/// y[r,u] = b[u] + Σᵢ x[r,i]·W[i,u].
struct NaiveDense {
  private let inputs, units: Int

  init(inputs: Int, units: Int) {
    self.inputs = inputs
    self.units = units
  }

  /// Writes y. x: (R, I); kernel: (I, U); bias: (U,) or nil; output: (R, U).
  func forward<Number: BinaryFloatingPoint>(
    _ x: UnsafePointer<Number>, kernel: UnsafePointer<Number>, bias: UnsafePointer<Number>?,
    output: UnsafeMutablePointer<Number>, rows: Int
  ) {
    for row in 0..<rows {
      for unit in 0..<units {
        var sum = bias?[unit] ?? 0
        for i in 0..<inputs { sum += x[row * inputs + i] * kernel[i * units + unit] }
        output[row * units + unit] = sum
      }
    }
  }

  /// Adds to all gradients: dW[i,u] += x[r,i]·dy[r,u], db[u] += dy[r,u], dx[r,i] += W[i,u]·dy[r,u].
  func backward<Number: BinaryFloatingPoint>(
    _ x: UnsafePointer<Number>, kernel: UnsafePointer<Number>,
    outputGradient: UnsafePointer<Number>, kernelGradient: UnsafeMutablePointer<Number>,
    biasGradient: UnsafeMutablePointer<Number>?, inputGradient: UnsafeMutablePointer<Number>?,
    rows: Int
  ) {
    for row in 0..<rows {
      for unit in 0..<units {
        let dy = outputGradient[row * units + unit]
        biasGradient?[unit] += dy
        for i in 0..<inputs {
          kernelGradient[i * units + unit] += x[row * inputs + i] * dy
          inputGradient?[row * inputs + i] += kernel[i * units + unit] * dy
        }
      }
    }
  }
}
