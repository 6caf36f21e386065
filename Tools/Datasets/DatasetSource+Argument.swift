public import ArgumentParser
public import PinionDownload

extension DatasetSource: ExpressibleByArgument {
  /// The source of that name.
  public init?(argument: String) {
    guard let source = Self.all.first(where: { $0.name == argument }) else { return nil }
    self = source
  }

  /// The names.
  public static var allValueStrings: [String] { all.map(\.name) }

  /// The name.
  public var defaultValueDescription: String { name }
}
