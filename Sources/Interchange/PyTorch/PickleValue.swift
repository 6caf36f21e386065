internal import PinionTensor

/// A value on the stack of a ``PickleReader``. Containers, storages and tensors are named by their
/// indices, so that values are small, and deep nesting and cycles in the pickle are not those of
/// memory.
enum PickleValue {
  case none
  case bool(Bool)
  case int(Int)
  case float
  case string(String)
  case global(PickleGlobal)
  /// A tuple or a list.
  case sequence(Int)
  /// Keys and values alternate.
  case dictionary(Int)
  case storage(Int)
  case tensor(Int)
}

/// The names that a pickle may mention. They are only compared: nothing is imported or called.
enum PickleGlobal: Equatable {
  case orderedDictionary
  case rebuildTensor
  case rebuildParameter
  case size
  case storage(ElementType)

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", "Size"): self = .size
    case ("torch", _):
      guard let type = Self.storages[name] else { return nil }
      self = .storage(type)
    default: return nil
    }
  }

  private static let storages: [String: ElementType] = [
    "FloatStorage": .float32, "DoubleStorage": .float64, "HalfStorage": .float16,
    "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32,
    "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
  ]
}

/// Elements in a member of the file, which tensors may share.
struct PickleStorage: Hashable {
  let key: String
  let elementType: ElementType
  /// The number of elements.
  let count: Int
}

/// A view of a storage: element (i₀, i₁, …) is at offset + Σ iₐ · strideₐ.
struct PickleTensor {
  let storage: PickleStorage
  let offset: Int
  let sizes: [Int]
  /// 0 along axes of one element, whose stride in the file may be any number.
  let strides: [Int]

  /// The number of elements; 1 without axes.
  let count: Int
  /// The elements of the storage from the first to the last that the tensor has.
  let range: Range<Int>

  /// Whether the elements are in row-major order, without gaps.
  var isContiguous: Bool {
    zip(zip(sizes, strides), Shape(sizes).strides).allSatisfy { $0.0 <= 1 || $0.1 == $1 }
  }

  /// Nil unless all elements are in the storage.
  init?(storage: PickleStorage, offset: Int, sizes: [Int], strides: [Int]) {
    guard offset >= 0, sizes.count == strides.count, sizes.count <= 64,
      sizes.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 })
    else { return nil }
    // No partial product may overflow, even if a size is zero.
    var product = 1
    for size in sizes {
      let (next, overflow) = product.multipliedReportingOverflow(by: max(size, 1))
      guard !overflow, next <= Int.max / 8 else { return nil }
      product = next
    }
    var last = offset
    let isEmpty = sizes.contains(0)
    for (size, stride) in zip(sizes, strides) where size > 1 && !isEmpty {
      let (reach, overflow) = stride.multipliedReportingOverflow(by: size - 1)
      guard !overflow, reach <= storage.count - last else { return nil }
      last += reach
    }
    count = isEmpty ? 0 : product
    guard count == 0 ? offset <= storage.count : last < storage.count else { return nil }
    range = offset..<(count == 0 ? offset : last + 1)
    (self.storage, self.offset, self.sizes) = (storage, offset, sizes)
    self.strides = zip(sizes, strides).map { $0 > 1 ? $1 : 0 }
  }
}
