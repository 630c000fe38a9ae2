const texts = {
  floor: "Floor",
};

export default texts;
