#!/usr/bin/env python3
"""Puts recorded answers into the scenes of docs/contract/drive.

    mkdir /tmp/recorded
    CLOUDSPACE_RECORD_CONTRACT=/tmp/recorded scripts/test --filter ContractTests.theSceneGoesAsWritten
    scripts/record_contract.py /tmp/recorded [SCENE ...]

Only steps whose `response` has no `json` and no `text`, or of the scenes named, are changed. Read the changes before
they are committed: a scene is what clients are promised.
"""
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "docs/contract/drive"


def main() -> None:
    recorded, wanted = pathlib.Path(sys.argv[1]), set(sys.argv[2:])
    for path in sorted(FOLDER.glob("*.json")):
        if path.name == "document.json":
            continue
        scene = json.loads(path.read_text(encoding="utf-8"))
        for index, step in enumerate(scene["steps"]):
            response = step.setdefault("response", {})
            if path.stem not in wanted and ("json" in response or "text" in response):
                continue
            file = recorded / f"{path.stem}.{index}.json"
            if not file.exists():
                continue
            answer = json.loads(file.read_text(encoding="utf-8"))
            if response.setdefault("status", answer["status"]) != answer["status"]:
                print(f"{path.stem}, {step['say']}: {answer['status']}, not {response['status']}", file=sys.stderr)
                continue
            if "disposition" in answer:
                response["headers"] = {"Content-Disposition": answer["disposition"]}
            if answer["json"] is not None:
                response["json"] = answer["json"]
        path.write_text(json.dumps(scene, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
