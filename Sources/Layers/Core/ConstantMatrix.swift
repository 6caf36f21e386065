internal import CPinionKernels
internal import PinionTensor

/// The layout of a matrix B, (K, N), that is on the right of many products: a kernel, or its
/// transpose.
///
/// Where `BLAS.prefersPanels`, B is stored in panels of P columns, (⌈N / P⌉, K, P), which the
/// kernel in `panel_product.c` reads in order; elsewhere unchanged, for OpenBLAS. P is 16 or 32,
/// depending on the processor.
struct ConstantMatrix: Sendable {
  /// P.
  static let panelWidth = pinion_panel_columns()
  /// Columns of a vector, at whose multiples products may begin.
  private static let vectorWidth = 16

  /// K.
  let rows: Int
  /// N.
  let columns: Int

  /// Floats of the stored matrix.
  var floats: Int {
    BLAS.prefersPanels
      ? rows * ((columns + Self.panelWidth - 1) / Self.panelWidth * Self.panelWidth)
      : rows * columns
  }

  /// A part of the columns, of whole vectors but for the last.
  func columns(_ index: Int, of count: Int) -> Range<Int> {
    let vectors = (columns + Self.vectorWidth - 1) / Self.vectorWidth
    let part = BatchPartition.part(index, of: count, in: 0..<vectors)
    let first = part.lowerBound * Self.vectorWidth
    return first..<min(columns, part.upperBound * Self.vectorWidth)
  }

  /// Stores B.
  func store(_ b: UnsafePointer<Float>, in memory: UnsafeMutablePointer<Float>) {
    if BLAS.prefersPanels {
      pinion_pack_panels(b, columns, columns, rows, memory)
    } else {
      memory.update(from: b, count: rows * columns)
    }
  }

  /// Stores B, given its transpose, (N, K).
  func storeTranspose(of b: UnsafePointer<Float>, in memory: UnsafeMutablePointer<Float>) {
    if BLAS.prefersPanels {
      pinion_pack_transposed_panels(b, rows, columns, rows, memory)
    } else {
      pinion_transpose(b, columns, rows, memory)
    }
  }

  /// Has a program store a parameter, (K, N), before each forward pass unless it is one panel
  /// already, and its transpose if there are gradients of the inputs; nil if a product with the
  /// parameter by OpenBLAS is as fast.
  func reserve(
    for parameter: ParameterHandle, in program: inout LayerProgram
  ) -> (matrix: StoredMatrix?, transpose: MemoryHandle<Float>?) {
    guard BLAS.prefersPanels else { return (nil, nil) }
    var stored = StoredMatrix.parameter(parameter)
    if columns != Self.panelWidth {
      let matrix = program.reserve(.prepared, count: floats)
      program.prepare { context in
        store(context[parameter].base, in: context[matrix].base)
      }
      stored = .memory(matrix)
    }
    guard program.pass.wantsInputGradients else { return (stored, nil) }
    let transposed = ConstantMatrix(rows: columns, columns: rows)
    let transpose = program.reserve(.prepared, count: transposed.floats)
    program.prepare { context in
      transposed.storeTranspose(of: context[parameter].base, in: context[transpose].base)
    }
    return (stored, transpose)
  }

  /// C = A·B, or C += A·B if `adds`, for all or some columns of B and C, with A, (count, K), and C,
  /// (count, N).
  ///
  /// - Parameters:
  ///   - lda: Floats from one row of A to the next; K by default.
  ///   - ldc: Floats from one row of C to the next; N by default.
  ///   - part: Starts at a multiple of 16, as ``columns(_:of:)``.
  ///   - finish: What is made of the columns of C at last; only where `BLAS.prefersPanels`.
  func multiply(
    _ a: UnsafePointer<Float>, lda: Int? = nil, count: Int, by stored: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>, ldc: Int? = nil, columns part: Range<Int>? = nil,
    adds: Bool = false, finish: ProductEpilogue? = nil
  ) {
    let (part, lda, ldc) = (part ?? 0..<columns, lda ?? rows, ldc ?? columns)
    guard BLAS.prefersPanels else {
      require(finish == nil, "an epilogue without panels")
      return BLAS.gemm(
        m: count, n: part.count, k: rows, a: a, lda: lda, b: stored + part.lowerBound,
        ldb: columns, beta: adds ? 1 : 0, c: c + part.lowerBound, ldc: ldc)
    }
    var product = pinion_panel_product(
      m: count, first: part.lowerBound, end: part.upperBound, k: rows, a: a, lda: lda,
      panels: stored, adds: adds ? 1 : 0, c: c, ldc: ldc, bias: finish?.bias?.base,
      rectifies: finish?.rectifies ?? 0, slope: finish?.slope ?? 1)
    pinion_multiply_panels(&product)
  }

  /// Floats of a panel, the scratch memory of a product with a B that is not stored.
  var panelFloats: Int { rows * Self.panelWidth }

  /// C = A·B for some columns of B and C, with each panel of B written to scratch memory just
  /// before its product. The bits are those of ``multiply(_:count:by:into:columns:)``.
  ///
  /// - Parameters:
  ///   - b: B, or its transpose, (N, K).
  ///   - scratch: Has ``panelFloats``.
  func multiply(
    _ a: UnsafePointer<Float>, count: Int, packing b: UnsafePointer<Float>, isTransposed: Bool,
    scratch: UnsafeMutablePointer<Float>, into c: UnsafeMutablePointer<Float>,
    columns part: Range<Int>, finish: ProductEpilogue? = nil
  ) {
    for first in stride(from: part.lowerBound, to: part.upperBound, by: Self.panelWidth) {
      let width = min(Self.panelWidth, part.upperBound - first)
      if isTransposed {
        pinion_pack_transposed_panels(b + first * rows, rows, width, rows, scratch)
      } else {
        pinion_pack_panels(b + first, columns, width, rows, scratch)
      }
      var product = pinion_panel_product(
        m: count, first: 0, end: width, k: rows, a: a, lda: rows, panels: scratch, adds: 0,
        c: c + first, ldc: columns, bias: (finish?.bias?.base).map { UnsafePointer($0 + first) },
        rectifies: finish?.rectifies ?? 0, slope: finish?.slope ?? 1)
      pinion_multiply_panels(&product)
    }
  }
}

/// Where a ``ConstantMatrix`` is stored.
enum StoredMatrix: Sendable {
  case memory(MemoryHandle<Float>)
  /// A parameter in the same layout.
  case parameter(ParameterHandle)
}

extension LayerContext {
  subscript(matrix: StoredMatrix) -> MemoryView<Float> {
    switch matrix {
    case .memory(let handle): self[handle]
    case .parameter(let handle): self[handle]
    }
  }
}

/// What a product in panels makes of its sums z: z + b, multiplied by the slope where that is below
/// zero.
struct ProductEpilogue {
  /// b from the first column of C on, also if only some are computed; nil for zeros.
  let bias: MemoryView<Float>?
  let slope: Float

  fileprivate var rectifies: Int32 { slope == 1 ? 0 : 1 }
}
