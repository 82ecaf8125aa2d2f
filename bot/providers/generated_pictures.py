"""From an image model's answer to the pictures themselves: links soon die, so they are fetched while the call lasts."""

import asyncio
import logging

import stamina

from bot.domain.errors import PicturesLost, PictureUnavailable
from bot.domain.image_models import Generated, ImageOptions
from bot.domain.ports import ImageFetcher
from bot.providers.openai_images import GeneratedImage, OpenAIImages

log = logging.getLogger(__name__)

LARGEST = 25 * 1024 * 1024
"""Bytes of one picture; none of these models makes a larger one."""

FETCHING = stamina.AsyncRetryingCaller(attempts=4, timeout=60, wait_initial=1, wait_max=10)


class GeneratedPictures:
    """Implements `ImageGenerator`: every picture that it gives was decoded whole."""

    def __init__(self, images: OpenAIImages, fetcher: ImageFetcher) -> None:
        self._images = images
        self._fetcher = fetcher

    async def generate(self, prompt: str, options: ImageOptions) -> Generated:
        """Raises as `OpenAIImages.generate` does, and PicturesLost where none of the pictures can be had."""
        answer = await self._images.generate(prompt, options)
        found = await asyncio.gather(*map(self._picture, answer.images))
        pictures = tuple(picture for picture in found if picture is not None)
        if not pictures:
            raise PicturesLost(f"none of {len(answer.images)} pictures could be fetched or decoded")
        return Generated(pictures, answer.revised_prompt)

    async def _picture(self, image: GeneratedImage) -> bytes | None:
        try:
            if image.data is not None:
                return (await self._fetcher.fit(image.data, LARGEST)).data
            links = [image.url] if image.url else []
            return (await FETCHING(PictureUnavailable, self._fetcher.fetch, links, LARGEST)).data
        except PictureUnavailable as error:
            log.warning("one picture of an answer is lost: %s", error.sentence)
            return None
