/// The type of a tensor's elements: `Float`, `Double`, `Int32` or `Bool`.
///
/// All bits zero is the type's zero or false. Conformances of other types are not supported.
public protocol TensorScalar: BitwiseCopyable, Sendable, Hashable {}

/// The type of real numbers in a tensor: `Float` or `Double`.
public protocol RealScalar: TensorScalar, BinaryFloatingPoint {}

extension Float: RealScalar {}
extension Double: RealScalar {}
extension Int32: TensorScalar {}
extension Bool: TensorScalar {}

/// A tensor of floats, the type of the elements of layers and data sets.
public typealias Tensor = TensorOf<Float>

/// A tensor in double precision, for linear algebra.
public typealias DoubleTensor = TensorOf<Double>

/// A tensor of positions along an axis, such as what ``TensorOf/argsort(along:descending:)`` gives.
public typealias IndexTensor = TensorOf<Int32>

/// A tensor of Booleans, the result of comparisons.
public typealias Mask = TensorOf<Bool>

extension TensorOf {
  /// The same tensor with its scalar type stated, so that generic code calls code compiled for that
  /// type. Traps if the types differ.
  @inline(__always)
  package func viewed<Other>(as type: Other.Type) -> TensorOf<Other> {
    require(Scalar.self == type, "a tensor of \(Scalar.self) as one of \(type)")
    return TensorOf<Other>(shape: shape, sharing: buffer)
  }

  /// Calls `body` with the tensor, its scalar type stated as in ``viewed(as:)``. Does not copy the
  /// elements unless they are shared.
  @inline(__always)
  mutating func mutateViewed<Other>(
    as type: Other.Type, _ body: (inout TensorOf<Other>) -> Void
  ) {
    var own = viewed(as: type)
    buffer = .empty
    body(&own)
    buffer = own.buffer
  }
}
