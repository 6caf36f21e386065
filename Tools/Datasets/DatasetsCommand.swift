public import ArgumentParser
internal import CommandArguments
internal import Foundation
internal import Pinion
public import PinionDownload
internal import PinionTensor

/// Lists, downloads, verifies and shows the built-in data sets.
@main
struct DatasetsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pinion-datasets",
    abstract: "List, download, verify and show data sets.",
    subcommands: [
      ListCommand.self, DownloadCommand.self, VerifyCommand.self, ShowCommand.self,
    ])

  func validate() throws { try CommandLineEncoding.validate() }

  static func main() async { await Program.run(Self.self) }
}

extension DatasetSource: ExpressibleByArgument {
  public init?(argument: String) {
    guard let source = Self.all.first(where: { $0.name == argument }) else { return nil }
    self = source
  }

  public static var allValueStrings: [String] { all.map(\.name) }

  public var defaultValueDescription: String { name }
}

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the data sets with their download sizes and locations."
  )

  @OptionGroup var data: DataOption

  func run() throws {
    let rows = DatasetSource.all.map { source in
      [
        source.name, source.title, ByteText.size(source.size),
        PrintableText.escaped(place(of: source)),
      ]
    }
    let widths = rows[0].indices.dropLast().map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    for row in rows {
      let cells = zip(row, widths).enumerated().map { column, cell in
        let spaces = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 2 ? spaces + cell.0 : cell.0 + spaces
      }
      print((cells + [row[row.count - 1]]).joined(separator: "  "))
    }
  }

  private func place(of source: DatasetSource) -> String {
    do {
      return SystemPath.text(
        try source.locate(in: data.folder).test[0].deletingLastPathComponent())
    } catch is DatasetNotFound {
      return "not downloaded"
    } catch {
      return "incomplete: \(error)"
    }
  }
}
