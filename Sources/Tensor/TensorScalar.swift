/// The type of a tensor's elements: `Float`, `Double`, `Int32` or `Bool`.
///
/// All bits zero is the type's zero or false. Other types do not work.
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
  /// The same tensor as one of a type that is known to be its own, to call from generic code what
  /// is compiled for one type.
  @inline(__always)
  package func viewed<Other>(as type: Other.Type) -> TensorOf<Other> {
    require(Scalar.self == type, "a tensor of \(Scalar.self) as one of \(type)")
    return TensorOf<Other>(shape: shape, sharing: buffer)
  }

  /// Calls `body` with the tensor as one of a type that is known to be its own. Does not copy the
  /// elements, unless they are shared.
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
