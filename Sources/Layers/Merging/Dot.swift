public import PinionTensor

/// The dot products of the vectors along an axis of each of two inputs: y[n,a,…,b,…] = Σₖ
/// x₀[n,a,k,…] · x₁[n,b,k,…].
///
/// - Inputs: two of the same length along the axes.
/// - Output: the first input's other axes, then the second's; (N, 1) if there are none.
///
/// For cosines, as with Keras's `normalize=True`, put a ``UnitNormalization`` along the axis in
/// front of each. As Keras 3's `Dot`.
public struct Dot: Layer {
  /// The axis of each input, counted with the batch as axis 0, or negative and from the end.
  public var axes: [Int]
  public var name: String?

  /// - Parameter axis: The axis of both inputs. Default: the last.
  public init(axis: Int = -1, name: String? = nil) { self.init(axes: [axis, axis], name: name) }

  public init(axes: [Int], name: String? = nil) {
    self.axes = axes
    self.name = name
  }

  public var inputCount: ClosedRange<Int> { 2...2 }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try LayerError.require(axes.count == 2, "an axis of each of two inputs", received: "\(axes)")
    for (axis, input) in zip(axes, inputs) { try SampleAxes.validate([axis], of: input) }
    let (first, second) = (Operand(inputs[0], axes[0]), Operand(inputs[1], axes[1]))
    try LayerError.require(
      first.length == second.length, "inputs of the same length along the axes \(axes)",
      received: inputs.map(\.description).joined(separator: ", "))
    let sides = first.others + second.others
    try SizeLimits.require(Shape(sides.isEmpty ? [1] : sides), of: "an output")
    return Shape(sides.isEmpty ? [1] : sides)
  }

  /// y = A·B, dA = dy·Bᵀ and dB = Aᵀ·dy, in blocks of the axes before that of the sums.
  public func program(for pass: LayerPass) -> LayerProgram {
    let (first, second) = (Operand(pass.inputs[0], axes[0]), Operand(pass.inputs[1], axes[1]))
    let (length, size) = (first.length, pass.output.elementCount)
    let width = second.blocks * second.width
    /// Calls `body` with the offsets of the blocks of both inputs and of the output.
    @Sendable func forEachBlock(
      _ context: LayerContext, _ body: (_ first: Int, _ second: Int, _ output: Int) -> Void
    ) {
      for sample in 0..<context.sampleCount {
        for i in 0..<first.blocks {
          for j in 0..<second.blocks {
            body(
              sample * first.size + i * first.width * length,
              sample * second.size + j * second.width * length,
              sample * size + i * first.width * width + j * second.width)
          }
        }
      }
    }
    var program = LayerProgram(pass)
    program.operations = 2 * size * length
    program.forward = [
      .samples { context in
        let (a, b, y) = (context.inputs[0].base, context.inputs[1].base, context.output.base)
        forEachBlock(context) { i, j, k in
          BLAS.gemm(
            first.isTransposed ? .yes : .no, second.isTransposed ? .no : .yes, m: first.width,
            n: second.width, k: length, a: a + i, lda: first.step, b: b + j, ldb: second.step,
            c: y + k, ldc: width)
        }
      }
    ]
    program.backward = [
      .samples { context in
        let (a, b, dy) = (
          context.inputs[0].base, context.inputs[1].base, context.outputGradient.base
        )
        if let da = context.inputGradients[0] {
          da.fill(0)
          forEachBlock(context) { i, j, k in
            first.addProduct(
              to: da.base + i, dy + k, isTransposed: false, width, second, b + j)
          }
        }
        if let db = context.inputGradients[1] {
          db.fill(0)
          forEachBlock(context) { i, j, k in
            second.addProduct(to: db.base + j, dy + k, isTransposed: true, width, first, a + i)
          }
        }
      }
    ]
    return program
  }

  /// An input as blocks of matrices: (width, length) where the axis of the sums is the last,
  /// otherwise (length, width), in one block for each index of the axes before it.
  private struct Operand: Sendable {
    let length, blocks, width: Int
    let isTransposed: Bool
    /// The sizes of the other axes.
    let others: [Int]

    init(_ shape: Shape, _ axis: Int) {
      let place = SampleAxes.range([axis], of: shape).lowerBound
      var others = Array(shape)
      length = others.remove(at: place)
      self.others = others
      isTransposed = place < shape.rank - 1
      let outer = others.prefix(place).reduce(1, *)
      (blocks, width) = isTransposed ? (outer, others.dropFirst(place).reduce(1, *)) : (1, outer)
    }

    var size: Int { blocks * width * length }
    /// The distance between the rows of a block.
    var step: Int { isTransposed ? width : length }

    /// Adds the product of a block of dy, (width, other's width) or its transpose, and a block of
    /// the other input to one of the gradient.
    func addProduct(
      to gradient: UnsafeMutablePointer<Float>, _ dy: UnsafePointer<Float>,
      isTransposed isOther: Bool, _ row: Int, _ other: Operand, _ values: UnsafePointer<Float>
    ) {
      if isTransposed {
        BLAS.gemm(
          other.isTransposed ? .no : .yes, isOther ? .no : .yes, m: length, n: width,
          k: other.width, a: values, lda: other.step, b: dy, ldb: row, beta: 1, c: gradient,
          ldc: width)
      } else {
        BLAS.gemm(
          isOther ? .yes : .no, other.isTransposed ? .yes : .no, m: width, n: length,
          k: other.width, a: dy, lda: row, b: values, ldb: other.step, beta: 1, c: gradient,
          ldc: length)
      }
    }
  }
}
