/// The definition of pooling over all positions of a sample as plain loops, in any precision: what
/// the fast one is compared with. x: (n, P, C); y: (n, C).
struct NaiveGlobalPooling {
  private let positions, channels: Int

  init(positions: Int, channels: Int) {
    self.positions = positions
    self.channels = channels
  }

  /// Writes y[n,c] = Σₚ x[n,p,c] / P.
  func average<Number: BinaryFloatingPoint>(
    _ x: UnsafePointer<Number>, output: UnsafeMutablePointer<Number>, samples: Int
  ) {
    forEachOutput(samples: samples) { place, values in
      output[place] = values.reduce(0) { $0 + x[$1] } / Number(positions)
    }
  }

  /// Writes y[n,c] = maxₚ x[n,p,c], NaN if one is.
  func largest<Number: BinaryFloatingPoint>(
    _ x: UnsafePointer<Number>, output: UnsafeMutablePointer<Number>, samples: Int
  ) {
    forEachOutput(samples: samples) { place, values in
      output[place] = values.map { x[$0] }.reduce(-.infinity) { $0 > $1 || $0.isNaN ? $0 : $1 }
    }
  }

  /// Writes dx[n,p,c] = dy[n,c] / P.
  func averageGradient<Number: BinaryFloatingPoint>(
    _ outputGradient: UnsafePointer<Number>, inputGradient: UnsafeMutablePointer<Number>,
    samples: Int
  ) {
    forEachOutput(samples: samples) { place, values in
      for value in values { inputGradient[value] = outputGradient[place] / Number(positions) }
    }
  }

  /// Writes dy[n,c] in equal parts to dx at the largest values, or at each NaN; else zeros.
  func largestGradient<Number: BinaryFloatingPoint>(
    _ x: UnsafePointer<Number>, outputGradient: UnsafePointer<Number>,
    inputGradient: UnsafeMutablePointer<Number>, samples: Int
  ) {
    forEachOutput(samples: samples) { place, values in
      let notNumbers = values.filter { x[$0].isNaN }
      let most = values.map { x[$0] }.max()
      let largest = notNumbers.isEmpty ? values.filter { x[$0] == most } : notNumbers
      for value in values { inputGradient[value] = 0 }
      for value in largest {
        inputGradient[value] = outputGradient[place] / Number(largest.count)
      }
    }
  }

  /// Calls `body` with each place in the output and the places in the input that are pooled there.
  private func forEachOutput(samples: Int, _ body: (_ place: Int, _ values: [Int]) -> Void) {
    for sample in 0..<samples {
      for c in 0..<channels {
        body(
          sample * channels + c,
          (0..<positions).map { (sample * positions + $0) * channels + c })
      }
    }
  }
}
