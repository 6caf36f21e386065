/// An IDX file of bytes: the magic number, the dimensions and the elements.
func idx(
  _ dimensions: [UInt32], _ elements: [UInt8], magic: [UInt8]? = nil
) -> [UInt8] {
  let header = magic ?? [0, 0, 8, UInt8(dimensions.count)]
  let sizes = dimensions.flatMap { size in
    [UInt8(size >> 24), UInt8(size >> 16 & 255), UInt8(size >> 8 & 255), UInt8(size & 255)]
  }
  return header + sizes + elements
}
