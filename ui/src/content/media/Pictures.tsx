// A picture for the message that is being written: from the library, or dropped right here.

import { Button, Modal, Text } from "@mantine/core";
import { useEffect, useRef } from "react";
import { words } from "@/words/media";
import { sizes } from "./Library";
import { fresh, type Medium } from "./medium";
import { Drop, Shelf } from "./Shelf";
import { useUploads } from "./useUploads";

/** `dropped`: files that were let fall onto the message; they are put in as soon as they have arrived. */
export function Pictures({
  dropped,
  take,
  close,
}: {
  dropped: readonly File[];
  take: (of: Medium) => void;
  close: () => void;
}) {
  const left = useRef(dropped.length);
  const begun = useRef(false);
  const put = (of: Medium) => {
    take(of);
    close();
  };
  const { uploads, items } = useUploads((made) => {
    if (left.current === 0) return;
    take(made);
    left.current -= 1;
    if (left.current === 0) close();
  });
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    uploads.add(...fresh(dropped));
  }, [uploads, dropped]);
  return (
    <Modal opened onClose={close} title={words.pictures} size="lg">
      <Drop uploads={uploads} items={items} />
      <Shelf>
        {(each) => (
          <div className="shelf-words">
            <Text size="sm" lineClamp={1} title={each.name}>
              {each.name}
            </Text>
            <Text size="xs" c="dimmed">
              {sizes(each)}
            </Text>
            <Button size="compact-xs" mt={8} variant="default" onClick={() => put(each)}>
              {words.putIn}
            </Button>
          </div>
        )}
      </Shelf>
    </Modal>
  );
}
