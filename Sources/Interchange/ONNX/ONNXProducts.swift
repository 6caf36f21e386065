internal import PinionLayers
internal import PinionTensor

extension Dense: ONNXLayer {
  func export(_ call: ONNXCall) {
    let kernel = call.parameter("kernel")
    let bias = usesBias ? [call.parameter("bias")] : []
    let z: String
    if call.input.rank == 1 {
      z = call.add("Gemm", [call.input(), kernel] + bias)
    } else {
      let product = call.add("MatMul", [call.input(), kernel])
      z = usesBias ? call.add("Add", [product] + bias) : product
    }
    call.setOutput(z, .channelsLast, activation: activation)
  }
}

extension Dot: ONNXLayer {
  /// A product of matrices: (N, P, K)·(N, K, Q), P and Q all other axes.
  func export(_ call: ONNXCall) {
    let matrices = call.node.inputShapes.indices.map { index in
      let shape = call.node.inputShapes[index]
      let axis = axes[index] < 0 ? axes[index] + shape.rank + 1 : axes[index]
      let others = (1..<shape.rank + 1).filter { $0 != axis }
      let order = [0] + (index == 0 ? others + [axis] : [axis] + others)
      var value = call.input(index)
      if order != Array(0...shape.rank) {
        value = call.add("Transpose", [value], [.integers("perm", order)])
      }
      let (length, rest) = (shape[axis - 1], others.reduce(1) { $0 * shape[$1 - 1] })
      return call.reshaped(value, index == 0 ? [rest, length] : [length, rest])
    }
    call.setOutput(call.reshaped(call.add("MatMul", matrices), call.output))
  }
}

extension Embedding: ONNXLayer {
  func export(_ call: ONNXCall) {
    let indices = call.add("Cast", [call.input()], [.integer("to", 7)])
    let rows = call.add("Gather", [call.parameter("embeddings"), indices], [.integer("axis", 0)])
    call.setOutput(rows)
  }
}

extension PositionEmbedding: ONNXLayer {
  func export(_ call: ONNXCall) {
    call.setOutput(call.add("Add", [call.input(), call.parameter("embeddings")]))
  }
}

extension ClassToken: ONNXLayer {
  /// The token, as often as there are samples, and the sequence.
  func export(_ call: ONNXCall) {
    let batch = call.add("Shape", [call.input()], [.integer("start", 0), .integer("end", 1)])
    let shape = call.add(
      "Concat", [batch, call.integers([1, call.input[1]])], [.integer("axis", 0)])
    let tokens = call.add("Expand", [call.parameter("token"), shape])
    call.setOutput(call.add("Concat", [tokens, call.input()], [.integer("axis", 1)]))
  }
}

extension MultiHeadAttention: ONNXLayer {
  /// softmax(Q·Kᵀ/√d)·V of each head, Q, K and V and the result by projections.
  func export(_ call: ONNXCall) {
    let steps = call.node.inputShapes.map { $0.dropLast().reduce(1, *) }
    let (queries, keys) = (steps[0], steps[steps.count > 1 ? 1 : 0])
    let last = call.node.inputs.count - 1
    let query = projected(call, 0, "query", queries, keyDim, [0, 2, 1, 3])
    let key = projected(call, last, "key", keys, keyDim, [0, 2, 3, 1])
    let value = projected(call, min(1, last), "value", keys, valueDim, [0, 2, 1, 3])
    let scaled = call.add("Mul", [query, call.scalar(1 / Float(keyDim).squareRoot())])
    var scores = call.add("MatMul", [scaled, key])
    if usesCausalMask {
      let mask = (0..<queries).flatMap { query in
        (0..<keys).map { $0 <= query ? Float(0) : -1e9 }
      }
      let tensor = Tensor(shape: [queries, keys], elements: mask)
      scores = call.add("Add", [scores, call.constant(tensor, "mask")])
    }
    let weights = call.add("Softmax", [scores], [.integer("axis", -1)])
    let heads = call.add(
      "Transpose", [call.add("MatMul", [weights, value])], [.integers("perm", [0, 2, 1, 3])])
    let joined = call.reshaped(heads, [queries, self.heads * valueDim])
    let kernel = call.parameter("attention_output/kernel") { kernel in
      kernel.reshaped(to: [self.heads * valueDim, kernel.shape[2]])
    }
    var y = call.add("MatMul", [joined, kernel])
    if usesBias { y = call.add("Add", [y, call.parameter("attention_output/bias")]) }
    call.setOutput(call.output.rank == 2 ? y : call.reshaped(y, call.output))
  }

  /// A projection of an input, (N, steps, heads, width), in the order of axes.
  private func projected(
    _ call: ONNXCall, _ input: Int, _ name: String, _ steps: Int, _ width: Int, _ order: [Int]
  ) -> String {
    let shape = call.node.inputShapes[input]
    let channels = shape[shape.rank - 1]
    let rows =
      shape.rank == 2 ? call.input(input) : call.reshaped(call.input(input), [steps, channels])
    let kernel = call.parameter("\(name)/kernel") { $0.reshaped(to: [channels, heads * width]) }
    var z = call.add("MatMul", [rows, kernel])
    if usesBias {
      z = call.add("Add", [z, call.parameter("\(name)/bias") { $0.flattened() }])
    }
    return call.add(
      "Transpose", [call.reshaped(z, [steps, heads, width])], [.integers("perm", order)])
  }
}
