internal import CPinionKernels

/// A part of a row-major matrix: `count` rows of `columns` numbers each, `stride` numbers apart.
@safe struct RowBlock<Scalar> {
  let base: UnsafePointer<Scalar>
  /// The number of rows.
  let count: Int
  let stride: Int
  let columns: Int
}

/// The loops over numbers of one type that are written in C; pinion_tensors.h describes them.
protocol LoopScalar: RealScalar {
  /// Two arrays, each with its step, the results, and the number of results.
  typealias PairKernel<Result> = (
    UnsafePointer<Self>?, Int, UnsafePointer<Self>?, Int, UnsafeMutablePointer<Result>?, Int
  ) -> Void

  static func pairKernel(_ function: BinaryFunction) -> PairKernel<Self>?
  static func comparisonKernel(_ comparison: Comparison) -> PairKernel<UInt8>
  /// Whether numbers are neither NaN nor infinite: 1 or 0.
  static func areFinite(
    _ numbers: UnsafePointer<Self>, count: Int, _ result: UnsafeMutablePointer<UInt8>)
  static func clip(
    _ numbers: UnsafePointer<Self>, count: Int, to range: ClosedRange<Self>,
    _ result: UnsafeMutablePointer<Self>)
  /// The sum in double precision.
  static func sum(_ numbers: UnsafePointer<Self>, count: Int) -> Double
  /// Σ(x − mean)² in double precision.
  static func sumOfSquares(_ numbers: UnsafePointer<Self>, count: Int, from mean: Double) -> Double
  /// Adds each row to a row of sums, one after another.
  static func add(_ rows: RowBlock<Self>, to sums: UnsafeMutablePointer<Double>)
  /// Adds the squared distances of each row from a row of means.
  static func addSquares(
    _ rows: RowBlock<Self>, from means: UnsafePointer<Double>,
    to sums: UnsafeMutablePointer<Double>)
}

extension Float: LoopScalar {
  static func pairKernel(_ function: BinaryFunction) -> PairKernel<Float>? {
    switch function {
    case .add: unsafe pinion_add_float
    case .subtract: unsafe pinion_subtract_float
    case .multiply: unsafe pinion_multiply_float
    case .divide: unsafe pinion_divide_float
    case .maximum: unsafe pinion_maximum_float
    case .minimum: unsafe pinion_minimum_float
    case .power: unsafe pinion_power
    case .arctangent: unsafe pinion_arctangent_of_pairs
    case .remainder: unsafe pinion_remainder_float
    }
  }

  static func comparisonKernel(_ comparison: Comparison) -> PairKernel<UInt8> {
    switch comparison {
    case .less: unsafe pinion_less_float
    case .lessOrEqual: unsafe pinion_less_or_equal_float
    case .equal: unsafe pinion_equal_float
    case .unequal: unsafe pinion_unequal_float
    }
  }

  static func areFinite(
    _ numbers: UnsafePointer<Float>, count: Int, _ result: UnsafeMutablePointer<UInt8>
  ) {
    unsafe pinion_finite_float(numbers, count, result)
  }

  static func clip(
    _ numbers: UnsafePointer<Float>, count: Int, to range: ClosedRange<Float>,
    _ result: UnsafeMutablePointer<Float>
  ) {
    unsafe pinion_clip_float(numbers, count, range.lowerBound, range.upperBound, result)
  }

  static func sum(_ numbers: UnsafePointer<Float>, count: Int) -> Double {
    unsafe pinion_sum_float(numbers, count)
  }

  static func sumOfSquares(
    _ numbers: UnsafePointer<Float>, count: Int, from mean: Double
  ) -> Double {
    unsafe pinion_sum_of_squares_float(numbers, count, mean)
  }

  static func add(_ rows: RowBlock<Float>, to sums: UnsafeMutablePointer<Double>) {
    unsafe pinion_add_rows_float(rows.base, rows.count, rows.stride, rows.columns, sums)
  }

  static func addSquares(
    _ rows: RowBlock<Float>, from means: UnsafePointer<Double>,
    to sums: UnsafeMutablePointer<Double>
  ) {
    unsafe pinion_add_squares_float(rows.base, rows.count, rows.stride, rows.columns, means, sums)
  }
}

extension Double: LoopScalar {
  static func pairKernel(_ function: BinaryFunction) -> PairKernel<Double>? {
    switch function {
    case .add: unsafe pinion_add_double
    case .subtract: unsafe pinion_subtract_double
    case .multiply: unsafe pinion_multiply_double
    case .divide: unsafe pinion_divide_double
    case .maximum: unsafe pinion_maximum_double
    case .minimum: unsafe pinion_minimum_double
    default: nil
    }
  }

  static func comparisonKernel(_ comparison: Comparison) -> PairKernel<UInt8> {
    switch comparison {
    case .less: unsafe pinion_less_double
    case .lessOrEqual: unsafe pinion_less_or_equal_double
    case .equal: unsafe pinion_equal_double
    case .unequal: unsafe pinion_unequal_double
    }
  }

  static func areFinite(
    _ numbers: UnsafePointer<Double>, count: Int, _ result: UnsafeMutablePointer<UInt8>
  ) {
    unsafe pinion_finite_double(numbers, count, result)
  }

  static func clip(
    _ numbers: UnsafePointer<Double>, count: Int, to range: ClosedRange<Double>,
    _ result: UnsafeMutablePointer<Double>
  ) {
    unsafe pinion_clip_double(numbers, count, range.lowerBound, range.upperBound, result)
  }

  static func sum(_ numbers: UnsafePointer<Double>, count: Int) -> Double {
    unsafe pinion_sum_double(numbers, count)
  }

  static func sumOfSquares(
    _ numbers: UnsafePointer<Double>, count: Int, from mean: Double
  ) -> Double {
    unsafe pinion_sum_of_squares_double(numbers, count, mean)
  }

  static func add(_ rows: RowBlock<Double>, to sums: UnsafeMutablePointer<Double>) {
    unsafe pinion_add_rows_double(rows.base, rows.count, rows.stride, rows.columns, sums)
  }

  static func addSquares(
    _ rows: RowBlock<Double>, from means: UnsafePointer<Double>,
    to sums: UnsafeMutablePointer<Double>
  ) {
    unsafe pinion_add_squares_double(rows.base, rows.count, rows.stride, rows.columns, means, sums)
  }
}
