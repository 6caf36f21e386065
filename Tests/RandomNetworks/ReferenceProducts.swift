import PinionLayers

/// Convolutions and dense layers: y = x·W + b over windows or rows.
extension ReferenceNetwork {
  func convolve(
    _ x: [Number], _ node: Graph.Node, _ windows: ReferenceWindows, filters: Int
  ) -> [Number] {
    let count = batch * windows.outputHeight * windows.outputWidth
    var z = [Number](repeating: 0, count: count * filters)
    fillBias(&z, node, width: filters)
    z.withUnsafeMutableBufferPointer { z in
      x.withUnsafeBufferPointer { x in
        kernel(node).withUnsafeBufferPointer { kernel in
          windows.forEach(batch: batch) { output, input, tap in
            for c in 0..<windows.channels {
              let value = x[input * windows.channels + c]
              let row = kernel.baseAddress! + (tap * windows.channels + c) * filters
              let target = z.baseAddress! + output * filters
              for f in 0..<filters { target[f] += value * row[f] }
            }
          }
        }
      }
    }
    return z
  }

  /// dx and the gradients of kernel and bias.
  func convolutionGradients(
    _ x: [Number], _ dz: [Number], _ node: Graph.Node, _ windows: ReferenceWindows, filters: Int,
    withMagnitudes: Bool
  ) -> [Number] {
    let kernel = kernel(node)
    var dx = [Number](repeating: 0, count: x.count)
    var gradient = [Number](repeating: 0, count: kernel.count)
    var sums = withMagnitudes ? gradient : []
    let channels = windows.channels
    gradient.withUnsafeMutableBufferPointer { gradient in
      dx.withUnsafeMutableBufferPointer { dx in
        sums.withUnsafeMutableBufferPointer { sums in
          windows.forEach(batch: batch) { output, input, tap in
            for c in 0..<channels {
              let (place, row) = (input * channels + c, (tap * channels + c) * filters)
              Self.step(
                x[place], &dx[place], dz, output * filters, kernel, row, gradient, filters)
              if withMagnitudes {
                Self.addMagnitudes(x[place], dz, output * filters, sums, row, filters)
              }
            }
          }
        }
      }
    }
    record(gradient, sums, dz, node, width: filters)
    return dx
  }

  func multiply(_ x: [Number], _ node: Graph.Node, units: Int) -> [Number] {
    let kernel = kernel(node)
    let inputs = kernel.count / units
    var z = [Number](repeating: 0, count: x.count / inputs * units)
    fillBias(&z, node, width: units)
    z.withUnsafeMutableBufferPointer { z in
      kernel.withUnsafeBufferPointer { kernel in
        for place in x.indices {
          let (row, i) = place.quotientAndRemainder(dividingBy: inputs)
          let (value, target) = (x[place], z.baseAddress! + row * units)
          let weights = kernel.baseAddress! + i * units
          for u in 0..<units { target[u] += value * weights[u] }
        }
      }
    }
    return z
  }

  func productGradients(
    _ x: [Number], _ dz: [Number], _ node: Graph.Node, units: Int, withMagnitudes: Bool
  ) -> [Number] {
    let kernel = kernel(node)
    let inputs = kernel.count / units
    var dx = [Number](repeating: 0, count: x.count)
    var gradient = [Number](repeating: 0, count: kernel.count)
    var sums = withMagnitudes ? gradient : []
    gradient.withUnsafeMutableBufferPointer { gradient in
      sums.withUnsafeMutableBufferPointer { sums in
        for place in x.indices {
          let (row, i) = place.quotientAndRemainder(dividingBy: inputs)
          Self.step(x[place], &dx[place], dz, row * units, kernel, i * units, gradient, units)
          if withMagnitudes {
            Self.addMagnitudes(x[place], dz, row * units, sums, i * units, units)
          }
        }
      }
    }
    record(gradient, sums, dz, node, width: units)
    return dx
  }

  // MARK: Common steps

  /// The contribution of one input value to both gradients: dx += Σ W·dz, dW += x·dz over a row of
  /// outputs.
  private static func step(
    _ x: Number, _ dx: inout Number, _ dz: [Number], _ output: Int, _ kernel: [Number], _ row: Int,
    _ gradient: UnsafeMutableBufferPointer<Number>, _ width: Int
  ) {
    dz.withUnsafeBufferPointer { dz in
      kernel.withUnsafeBufferPointer { kernel in
        let (slope, weight) = (dz.baseAddress! + output, kernel.baseAddress! + row)
        let target = gradient.baseAddress! + row
        var sum: Number = 0
        for f in 0..<width {
          sum += weight[f] * slope[f]
          target[f] += x * slope[f]
        }
        dx += sum
      }
    }
  }

  private static func addMagnitudes(
    _ x: Number, _ dz: [Number], _ output: Int, _ sums: UnsafeMutableBufferPointer<Number>,
    _ row: Int, _ width: Int
  ) {
    for f in 0..<width { sums[row + f] += (x * dz[output + f]).magnitude }
  }

  private func fillBias(_ z: inout [Number], _ node: Graph.Node, width: Int) {
    guard let bias = parameters[node.name + "/bias"] else { return }
    for i in z.indices { z[i] = bias[i % width] }
  }

  private func record(
    _ kernel: [Number], _ sums: [Number], _ dz: [Number], _ node: Graph.Node, width: Int
  ) {
    gradients[node.name + "/kernel"] = kernel
    magnitudes[node.name + "/kernel"] = sums
    guard parameters[node.name + "/bias"] != nil else { return }
    var bias = [Number](repeating: 0, count: width)
    var biasSums = bias
    for (i, slope) in dz.enumerated() {
      bias[i % width] += slope
      biasSums[i % width] += slope.magnitude
    }
    gradients[node.name + "/bias"] = bias
    magnitudes[node.name + "/bias"] = biasSums
  }

  private func kernel(_ node: Graph.Node) -> [Number] { parameters[node.name + "/kernel"] ?? [] }
}
