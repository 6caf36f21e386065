internal import Glibc

/// Memory for floats that starts on a cache line and lives as long as its owner.
public final class AlignedBuffer: Sendable {
  /// The alignment of the first element, in bytes: a cache line, and the widest vector.
  public static let alignment = 64

  /// The memory.
  public let view: MemoryView<Float>

  /// Memory for `count` floats, all zero.
  ///
  /// - Precondition: `count` is not negative, and the system has that much memory.
  public init(count: Int) {
    require(count >= 0, "a buffer of \(count) elements")
    let bytes = max(count * MemoryLayout<Float>.stride, Self.alignment)
    var pointer: UnsafeMutableRawPointer?
    let status = posix_memalign(&pointer, Self.alignment, bytes)
    guard status == 0, let pointer else {
      fatalError("no memory for \(count) floats")
    }
    memset(pointer, 0, bytes)
    view = MemoryView(base: pointer.bindMemory(to: Float.self, capacity: count), count: count)
  }

  /// Memory that holds a copy of the given elements.
  public convenience init(copying source: MemoryView<Float>) {
    self.init(count: source.count)
    view.copy(from: source)
  }

  deinit { free(view.base) }

  /// The number of elements.
  public var count: Int { view.count }
}
